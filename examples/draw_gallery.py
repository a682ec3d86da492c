"""Draw the pictures that the page offers: two scenes and four paintings.

    python examples/draw_gallery.py

Like those of `draw_demo_pictures.py`, from which it takes the scene and the swirls, they are computed from a seed.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from draw_demo_pictures import draw_painting, draw_scene
from PIL import Image, ImageDraw, ImageFilter

GALLERY = Path(__file__).parents[1] / "serving" / "nst_tf_serving" / "jobs_api" / "page" / "gallery"
WIDTH, HEIGHT = 640, 480

Floats = npt.NDArray[np.float64]


def main() -> None:
    """Draw all pictures and save them beside the page."""
    GALLERY.mkdir(exist_ok=True)
    drawn = {
        "lake": lambda rng: draw_scene(rng, 2 * WIDTH, 2 * HEIGHT),
        "evening": draw_evening,
        "swirls": lambda rng: draw_painting(rng, 2 * WIDTH, 2 * HEIGHT),
        "mosaic": draw_mosaic,
        "dots": draw_dots,
        "ink": draw_ink,
    }
    for name, draw in drawn.items():
        picture = draw(np.random.default_rng(15)).resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        picture.save(GALLERY / f"{name}.jpg", quality=88, optimize=True)


def draw_evening(generator: np.random.Generator) -> Image.Image:
    """Draw ranges of mountains, one behind another, before a low sun."""
    width, height = 2 * WIDTH, 2 * HEIGHT
    y, x = np.mgrid[:height, :width]
    up = (y / height)[..., None]
    sky = np.array([58, 62, 110]) * (1 - up) + np.array([255, 176, 110]) * up
    sun = np.exp(-((np.hypot(x - 0.66 * width, y - 0.44 * height) / (0.07 * width)) ** 3))[..., None]
    glow = np.exp(-np.hypot(x - 0.66 * width, y - 0.44 * height) / (0.22 * width))[..., None]
    pixels = sky * (1 - 0.5 * glow) + np.array([255, 200, 120]) * 0.5 * glow
    pixels = pixels * (1 - sun) + np.array([255, 244, 206]) * sun
    for depth in range(6):
        crest = (0.42 + 0.1 * depth - 0.09 * _ridge(generator, width)) * height
        shade = np.array([150, 108, 128]) * (1 - depth / 6) + np.array([24, 26, 48]) * (depth / 6)
        mist = np.clip((y - crest) / (0.2 * height), 0, 1)[..., None] * 34
        pixels = np.where((y > crest)[..., None], shade + mist, pixels)
    grain = generator.normal(0, 4, (height, width, 1))
    return Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))


def _ridge(generator: np.random.Generator, width: int) -> Floats:
    """Return the outline of a range of mountains, about -1 to 1."""
    x = np.arange(width) / width
    waves = [generator.normal() * np.sin(2 * np.pi * (k * x + generator.random())) / k**1.4 for k in range(1, 60)]
    line: Floats = np.sum(waves, axis=0)
    return line / np.abs(line).max()


def draw_mosaic(generator: np.random.Generator) -> Image.Image:
    """Draw tiles in arcs of warm and cold colors, with joints."""
    picture = Image.new("RGB", (2 * WIDTH, 2 * HEIGHT), (46, 40, 38))
    draw = ImageDraw.Draw(picture)
    colors = np.array([[206, 82, 52], [236, 184, 78], [40, 96, 130], [238, 226, 200], [78, 142, 128], [122, 40, 58]])
    for ring in range(60):
        radius = 20 + 26 * ring
        count = max(6, int(radius / 4.2))
        base = colors[(ring // 3 + int(generator.random() < 0.25)) % len(colors)]
        for number in range(count):
            angle = 2 * np.pi * (number + 0.5 * (ring % 2)) / count
            color = tuple(int(each) for each in np.clip(base + generator.normal(0, 14), 0, 255))
            _tile(draw, (0.36 * 2 * WIDTH, 0.62 * 2 * HEIGHT), angle, radius, generator.normal(0, 0.05), color)
    return picture.filter(ImageFilter.GaussianBlur(0.7))


def _tile(
    draw: ImageDraw.ImageDraw,
    center: tuple[float, float],
    angle: float,
    radius: float,
    tilt: float,
    color: tuple[int, ...],
) -> None:
    corners = []
    for side, out in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        along, across = side * 10.8, out * 10.8
        turned = angle + tilt
        x = center[0] + radius * np.cos(angle) + across * np.cos(turned) - along * np.sin(turned)
        y = center[1] + radius * np.sin(angle) + across * np.sin(turned) + along * np.cos(turned)
        corners.append((x, y))
    draw.polygon(corners, fill=color)


def draw_dots(generator: np.random.Generator) -> Image.Image:
    """Draw a meadow under trees out of small dots of pure color."""
    width, height = 2 * WIDTH, 2 * HEIGHT
    picture = Image.new("RGB", (width, height), (236, 226, 196))
    draw = ImageDraw.Draw(picture)
    bands = [
        ((0.0, 0.5), [(120, 164, 214), (186, 208, 232), (232, 196, 206), (244, 236, 206)]),
        ((0.28, 0.55), [(52, 104, 84), (92, 146, 82), (38, 74, 102), (196, 180, 70)]),
        ((0.5, 1.0), [(168, 190, 70), (222, 206, 92), (104, 152, 70), (214, 130, 62), (86, 120, 150)]),
    ]
    for (top, bottom), colors in bands:
        for _ in range(int(26_000 * (bottom - top))):
            x, y = generator.uniform(0, width), height * generator.uniform(top, bottom)
            if top == 0.28 and y < height * (0.36 + 0.07 * np.sin(x / 90) + 0.04 * np.sin(x / 31)):
                continue
            color = np.array(colors[generator.integers(len(colors))]) + generator.normal(0, 12, 3)
            radius = generator.uniform(4.5, 7.5)
            draw.ellipse(
                [x - radius, y - radius, x + radius, y + radius], fill=tuple(np.clip(color, 0, 255).astype(int))
            )
    return picture


def draw_ink(generator: np.random.Generator) -> Image.Image:
    """Draw hatched ink on warm paper: lines that follow a field, thicker where it is dark."""
    width, height = 2 * WIDTH, 2 * HEIGHT
    y, x = np.mgrid[:height, :width]
    phases = generator.uniform(0, 2 * np.pi, 4)
    hills = np.sin(x / 190 + phases[0]) * np.cos(y / 150 + phases[1]) + 0.6 * np.sin((x + y) / 120 + phases[2])
    lines = np.sin(y / 3.4 + 5 * hills) + 0.15 * generator.normal(size=hills.shape)
    dark = 1 / (1 + np.exp(-5 * (lines + 0.75 * np.sin(1.7 * hills + phases[3]) - 0.25)))
    wash = 0.12 * (1 + np.sin(1.3 * hills + 1))[..., None]
    paper = np.array([240, 230, 208]) * (1 - wash) + np.array([112, 138, 160]) * wash
    pixels = paper * (1 - dark[..., None]) + np.array([28, 30, 44]) * dark[..., None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.8))


if __name__ == "__main__":
    main()
