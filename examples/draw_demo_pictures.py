"""Draw the two pictures of `nst-tf demo`: a lakeside scene and a swirling painting.

    python examples/draw_demo_pictures.py

Everything is computed here from a seed; no photograph and no painting was used.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

ASSETS = Path(__file__).parents[1] / "cli" / "nst_tf_cli" / "assets"
WIDTH, HEIGHT = 512, 384
OVERSAMPLING = 2

Floats = npt.NDArray[np.float64]
Color = tuple[int, int, int]


def main() -> None:
    """Draw both pictures and save them as assets of the command line."""
    ASSETS.mkdir(exist_ok=True)
    for name, draw in (("scene", draw_scene), ("painting", draw_painting)):
        picture = draw(np.random.default_rng(15), WIDTH * OVERSAMPLING, HEIGHT * OVERSAMPLING)
        picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(ASSETS / f"{name}.png", optimize=True)


def draw_scene(generator: np.random.Generator, width: int, height: int) -> Image.Image:
    """Draw a house and trees by a lake, under mountains, mirrored in the water."""
    shore = int(height * 0.66)
    land = Image.fromarray(_sky(generator, width, shore))
    for depth, (level, color) in enumerate([(0.42, (150, 165, 190)), (0.56, (112, 132, 146)), (0.74, (74, 104, 84))]):
        _ridge(generator, land, level=level, roughness=1.15 - 0.3 * depth, color=color)
    draw = ImageDraw.Draw(land)
    for x in sorted(generator.uniform(0.0, 1.0, 26)):
        if not 0.54 < x < 0.86:
            _tree(generator, draw, x * width, shore, generator.uniform(0.16, 0.34) * shore)
    _house(draw, 0.60 * width, shore, 0.20 * width)
    _tree(generator, draw, 0.87 * width, shore, 0.40 * shore)
    scene = Image.new("RGB", (width, height))
    scene.paste(_mirror(generator, land, height - shore), (0, shore))
    scene.paste(land, (0, 0))
    return _grain(generator, scene.filter(ImageFilter.GaussianBlur(0.8)), strength=5.0)


def _sky(generator: np.random.Generator, width: int, height: int) -> npt.NDArray[np.uint8]:
    rows = np.linspace(0, 1, height)[:, None, None]
    sky = np.array([92, 140, 205]) * (1 - rows) + np.array([250, 214, 170]) * rows
    clouds = np.clip(_cloud_noise(generator, width, height, falloff=1.7, stretch=2.2) - 0.25, 0, 1.4)[..., None] / 1.4
    y, x = np.mgrid[:height, :width]
    glow = np.exp(-((np.hypot(x - 0.24 * width, y - 0.42 * height) / (0.13 * width)) ** 1.2))[..., None]
    sky = sky * (1 - 0.8 * clouds) + np.array([255, 246, 236]) * 0.8 * clouds + np.array([255, 220, 120]) * 0.7 * glow
    return np.clip(sky, 0, 255).astype(np.uint8)


def _ridge(
    generator: np.random.Generator, picture: Image.Image, *, level: float, roughness: float, color: Color
) -> None:
    """Draw a mountain range over a picture, lighter towards its foot as if in haze."""
    width, height = picture.size
    line = np.cumsum(np.cumsum(generator.standard_normal(width)))
    line = np.interp(np.arange(width), np.arange(0, width, 6), line[::6]) - np.linspace(line[0], line[-1], width)
    wave = _cloud_noise(generator, width, 8, falloff=1.5)[0] * 0.05 + 0.12 * roughness * line / np.ptp(line)
    crest = (level - wave) * height
    depth = (np.arange(height)[:, None] - crest[None]) / height
    shade = _cloud_noise(generator, width, height, falloff=1.3) * 14
    body = np.array(color) + (shade + 120 * np.clip(depth, 0, 0.5) ** 1.2 * (1.3 - level))[..., None]
    pixels = np.where(depth[..., None] > 0, body, np.asarray(picture))
    picture.paste(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)))


def _house(draw: ImageDraw.ImageDraw, x: float, ground: float, size: float) -> None:
    """Draw a half-timbered house with lit windows, its lower left corner at `(x, ground)`."""
    wall, roof = 0.62 * size, 0.52 * size
    draw.rectangle([x, ground - wall, x + size, ground], fill=(226, 202, 168))
    draw.rectangle([x + 0.7 * size, ground - wall, x + size, ground], fill=(196, 168, 136))
    eaves = 0.08 * size
    peak = (x + size / 2, ground - wall - roof)
    draw.polygon([(x - eaves, ground - wall), peak, (x + size + eaves, ground - wall)], fill=(168, 70, 48))
    draw.polygon([peak, (x + size + eaves, ground - wall), (x + 0.7 * size, ground - wall)], fill=(134, 52, 40))
    draw.rectangle(
        [x + 0.74 * size, peak[1] + 0.02 * size, x + 0.84 * size, ground - wall - 0.1 * size], fill=(120, 92, 84)
    )
    timber = max(2, int(0.02 * size))
    for share in (0.0, 0.35, 0.7, 1.0):
        draw.line([(x + share * size, ground - wall), (x + share * size, ground)], fill=(92, 62, 44), width=timber)
    for level in (0.0, 0.5, 1.0):
        draw.line([(x, ground - level * wall), (x + size, ground - level * wall)], fill=(92, 62, 44), width=timber)
    for left in (0.09, 0.44, 0.78):
        for bottom in (0.60, 0.14):
            box = [x + left * size, ground - (bottom + 0.26) * wall, x + (left + 0.16) * size, ground - bottom * wall]
            draw.rectangle(box, fill=(255, 226, 140), outline=(92, 62, 44), width=timber)


def _tree(generator: np.random.Generator, draw: ImageDraw.ImageDraw, x: float, ground: float, height: float) -> None:
    """Draw a round or a pointed tree out of many leaves, lit from the left."""
    draw.rectangle([x - 0.04 * height, ground - 0.4 * height, x + 0.04 * height, ground], fill=(86, 62, 46))
    pointed, hue = generator.random() < 0.5, generator.uniform(-18, 18)
    for _ in range(260):
        up = generator.uniform(0.22, 1.0)
        reach = 0.3 * (1.05 - up) / 0.8 if pointed else 0.3 * np.sqrt(max(0.02, 1 - ((up - 0.62) / 0.42) ** 2))
        side = generator.uniform(-1, 1)
        light = 26 * (up - 0.6) - 30 * side + generator.normal() * 14
        color = tuple(int(np.clip(v + light, 0, 255)) for v in (72 + hue, 112, 58))
        radius, cx, cy = 0.045 * height, x + side * reach * height, ground - up * height
        draw.ellipse([cx - radius, cy - radius, cx + radius, cy + radius], fill=color)


def _mirror(generator: np.random.Generator, land: Image.Image, height: int) -> Image.Image:
    """Return the land mirrored in rippled, darker water."""
    source = np.asarray(land)[::-1].astype(np.float64)
    y, x = np.mgrid[:height, : land.width]
    waves = _cloud_noise(generator, land.width, height, falloff=1.0, stretch=7.0)
    rows = np.clip(y * 1.25 + waves * (2 + y * 0.08), 0, source.shape[0] - 1).astype(int)
    columns = np.clip(x + waves * 3, 0, land.width - 1).astype(int)
    fade = np.linspace(0.86, 0.62, height)[:, None, None]
    water = source[rows, columns] * fade + np.array([18, 44, 70]) * (1 - fade) * 1.6 + waves[..., None] * 7
    return Image.fromarray(np.clip(water, 0, 255).astype(np.uint8))


def draw_painting(generator: np.random.Generator, width: int, height: int) -> Image.Image:
    """Paint a night sky of swirls, moons and hills with thick strokes along a flow, coarse ones first."""
    angle, tones = _swirls(generator, width, height)
    picture = Image.new("RGB", (width, height), (24, 36, 84))
    draw = ImageDraw.Draw(picture)
    for length, thickness, count in ((110, 26, 3200), (80, 15, 6500), (52, 9, 12000), (30, 5, 9000)):
        for _ in range(count):
            start = generator.uniform((0, 0), (width, height))
            _stroke(generator, draw, start, angle, tones, length=length, thickness=thickness)
    return _grain(generator, _relief(picture), strength=4.0)


def _swirls(generator: np.random.Generator, width: int, height: int) -> tuple[Floats, Floats]:
    """Return the direction of the strokes, `(H, W)`, and their colors, `(H, W, 3)`."""
    y, x = np.mgrid[:height, :width].astype(np.float64)
    ground = height * (0.78 + 0.07 * np.sin(x / width * 7 + 0.6) + 0.03 * np.sin(x / width * 19))
    flow = 0.35 * _cloud_noise(generator, width, height, falloff=2.0)
    light = 0.5 * _cloud_noise(generator, width, height, falloff=1.6)
    dx, dy = np.cos(flow), np.sin(flow)
    for cx, cy, radius in (
        (0.2, 0.27, 0.13),
        (0.52, 0.42, 0.2),
        (0.83, 0.2, 0.15),
        (0.4, 0.12, 0.08),
        (0.72, 0.56, 0.1),
    ):
        u, v = (x - cx * width) / (radius * width), (y - cy * height) / (radius * width)
        r = np.hypot(u, v) + 1e-6
        pull = np.exp(-(r**2) / 1.6) * 3
        dx, dy = dx - pull * v / r, dy + pull * u / r
        light = light + 2.6 * np.exp(-((r / 0.45) ** 2)) + 0.9 * np.exp(-(r**2)) * np.cos(9 * r)
    stops = np.array([-1.5, -0.4, 0.4, 1.1, 1.9, 2.8])
    sky = np.array([(16, 28, 78), (30, 62, 140), (70, 122, 186), (156, 196, 206), (240, 206, 96), (255, 240, 190)])
    land = np.array([(14, 30, 34), (24, 58, 56), (50, 92, 66), (112, 130, 60), (206, 160, 60), (240, 210, 120)])
    below = (y > ground)[..., None]
    angle = np.where(below[..., 0], 0.25 * np.cos(x / width * 11) + 0.2 * flow, np.arctan2(dy, dx))
    return angle, np.where(below, _ramp(light * 0.8 - 0.1, stops, land), _ramp(light, stops, sky))


def _ramp(values: Floats, stops: Floats, colors: npt.NDArray[np.int64]) -> Floats:
    return np.stack([np.interp(values, stops, colors[:, channel]) for channel in range(3)], axis=-1)


def _stroke(
    generator: np.random.Generator,
    draw: ImageDraw.ImageDraw,
    start: Floats,
    angle: Floats,
    tones: Floats,
    *,
    length: int,
    thickness: int,
) -> None:
    """Draw one brush stroke of a few bristles with slightly different tones."""
    height, width = angle.shape
    x, y = start
    color = tones[int(y), int(x)] + generator.normal() * 16 + generator.normal(size=3) * 9
    points = [(x, y)]
    for _ in range(7):
        direction = angle[int(np.clip(y, 0, height - 1)), int(np.clip(x, 0, width - 1))]
        x, y = x + np.cos(direction) * length / 7, y + np.sin(direction) * length / 7
        points.append((x, y))
    for bristle in np.linspace(-0.5, 0.5, max(2, thickness // 4)):
        tone = tuple(int(np.clip(v, 0, 255)) for v in color + generator.normal() * 9 + 16 * bristle)
        shifted = [(px + bristle * thickness * 0.3, py + bristle * thickness) for px, py in points]
        draw.line(shifted, fill=tone, width=max(2, thickness // 3), joint="curve")


def _relief(picture: Image.Image) -> Image.Image:
    """Shade the paint as a relief lit from the upper left."""
    pixels = np.asarray(picture).astype(np.float64)
    thickness = np.asarray(picture.convert("L").filter(ImageFilter.GaussianBlur(1.5))).astype(np.float64)
    slope = np.gradient(thickness, axis=0) + np.gradient(thickness, axis=1)
    return Image.fromarray(np.clip(pixels - 1.6 * slope[..., None], 0, 255).astype(np.uint8))


def _grain(generator: np.random.Generator, picture: Image.Image, *, strength: float) -> Image.Image:
    noise = generator.standard_normal((picture.height, picture.width, 1)) * strength
    return Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))


def _cloud_noise(
    generator: np.random.Generator, width: int, height: int, *, falloff: float, stretch: float = 1.0
) -> Floats:
    """Return noise with falling amplitude spectrum, mean 0 and deviation 1, stretched sideways by `stretch`."""
    rows, columns = np.meshgrid(np.fft.fftfreq(height), np.fft.fftfreq(width) * stretch, indexing="ij")
    frequency = np.hypot(rows, columns)
    frequency[0, 0] = np.inf
    noise = np.fft.ifft2(np.fft.fft2(generator.standard_normal((height, width))) * frequency**-falloff).real
    return np.asarray((noise - noise.mean()) / noise.std())


if __name__ == "__main__":
    main()
