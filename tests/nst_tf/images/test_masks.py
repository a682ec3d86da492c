"""Mask files become regions, whatever an editor or JPEG does to their colors and edges."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from nst_tf import Picture, StyleConfig, add_masks
from nst_tf.images.masks import read_colors, read_region
from nst_tf.images.regions import arrange
from nst_tf.saved_styles import SavedStyle

SIZE = (60, 80)
RED, BLUE, GRAY, BLACK, WHITE = (255, 0, 0), (0, 0, 255), (128, 128, 128), (0, 0, 0), (255, 255, 255)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def picture(size=SIZE):
    return Picture(np.full((1, *size, 3), 0.5, np.float32))


def draw(path, *colors, size=SIZE, smooth=False, **options):
    """Draw a background and a disk for each further color; return which pixels are of each."""
    height, width = size
    factor = 4 if smooth else 1
    mask = Image.new("RGB", (factor * width, factor * height), colors[0])
    pen, truth = ImageDraw.Draw(mask), np.zeros(size, int)
    for number, color in enumerate(colors[1:], 1):
        x, y, radius = number * width // len(colors), height // 2, height // 5
        pen.ellipse([factor * side for side in (x - radius, y - radius, x + radius, y + radius)], fill=color)
        down, right = np.mgrid[:height, :width]
        truth[(right - x) ** 2 + (down - y) ** 2 < radius**2] = number
    (mask.reduce(factor) if smooth else mask).save(path, **options)
    return truth


@pytest.mark.parametrize("options", [{}, {"smooth": True}])
@pytest.mark.parametrize("name", ["mask.png", "mask.bmp", "mask.jpg", "low.jpg"])
def test_flat_colors_are_regions(name, options):
    quality = {"mask.jpg": {"quality": 90}, "low.jpg": {"quality": 50}}.get(name, {})
    truth = draw(name, BLACK, GRAY, RED, BLUE, **options, **quality)
    mask = read_colors(name)
    order = [0, 3, 2, 1] if len(mask.colors) == 4 else []  # the darkest first: black, blue, red, gray
    assert np.abs(mask.colors - np.array([BLACK, BLUE, RED, GRAY])).max() < 12
    mapped = np.array(order)[mask.labels]
    assert np.mean(mapped != truth) < (0.07 if name == "low.jpg" else 0.04)


def test_smooth_edge_between_two_colors_is_no_line_of_a_third():
    draw("mask.png", BLACK, WHITE, GRAY, smooth=True)
    labels = read_colors("mask.png").labels
    disk_of_white = labels[:, :40]
    assert set(np.unique(disk_of_white)) == {0, 2}


def test_colors_have_names_and_shares():
    draw("mask.png", RED, (1, 2, 3))
    assert [name.split(" ")[0] for name in read_colors("mask.png").names] == ["#010203", "red"]


def test_region_is_the_brightest_channel():
    Image.new("RGB", (80, 60), (51, 255, 0)).save("a.png")
    np.testing.assert_array_equal(read_region("a.png", SIZE), 1)
    Image.new("L", (80, 60), 51).save("b.png")
    np.testing.assert_allclose(read_region("b.png", SIZE), 0.2)
    Image.new("LA", (80, 60), (255, 51)).save("c.png")
    np.testing.assert_allclose(read_region("c.png", SIZE), 0.2)


@pytest.mark.parametrize("size", [(120, 160), (30, 40), (10, 14)])
def test_mask_of_another_size_is_resized(size):
    draw("mask.png", BLACK, WHITE, size=size)
    region = read_region("mask.png", SIZE)
    assert region.shape == (1, *SIZE, 1)
    assert region[0, 30, 40] > 0.9 and region[0, 0, 0] == 0


@pytest.mark.parametrize("read", ["region", "colors"])
def test_mask_of_other_proportions_is_refused(read):
    draw("mask.png", BLACK, WHITE, size=(60, 60))
    style = {"style_mask": "mask.png"} if read == "colors" else {}
    with pytest.raises(ValueError, match=r"mask\.png is 60x60 px, and its picture 80x60 px;.*proportions"):
        add_masks(picture(), picture(), content_mask="mask.png", **style)


def test_black_region_and_photograph_are_refused(rng):
    Image.new("L", (80, 60)).save("black.png")
    with pytest.raises(ValueError, match="black everywhere"):
        add_masks(picture(), picture(), content_mask="black.png")
    noise = Image.fromarray(rng.integers(0, 255, (60, 80, 3), np.uint8))
    noise.save("noise.png")
    with pytest.raises(ValueError, match=r"noise\.png must have 1 to 16 flat colors.*found 0, on 0% of it"):
        read_colors("noise.png")


def test_colors_are_matched_in_any_order_and_extra_ones_of_the_style_ignored():
    content = draw("content.png", RED, BLUE)
    style = draw("style.jpg", GRAY, BLUE, RED, quality=80)
    of_content, (of_style,) = add_masks(picture(), picture(), content_mask="content.png", style_mask="style.jpg")
    for region, (here, there) in enumerate([(1, 1), (0, 2)]):  # blue, the darker by its place in the order, and red
        assert np.mean((of_content.regions[0, :, :, region] > 0.5) != (content == here)) < 0.02
        assert np.mean((of_style.regions[0, :, :, region] > 0.5) != (style == there)) < 0.03


def test_color_that_no_style_has_is_named():
    draw("content.png", RED, BLUE)
    draw("style.png", RED, WHITE)
    with pytest.raises(ValueError, match=r"region in blue \(.*%\), which no style mask has: style.png has red"):
        add_masks(picture(), picture(), content_mask="content.png", style_mask="style.png")
    draw("other.png", BLUE)
    given = {"content_mask": "content.png", "style_mask": ["style.png", "other.png"]}
    _, styles = add_masks(picture(), [picture(), picture()], **given)
    assert [[bool(style.regions[..., r].any()) for r in range(2)] for style in styles] == [[False, True], [True, False]]


def test_transparent_pixels_belong_to_no_region():
    mask = Image.new("RGBA", (80, 60), (*RED, 255))
    mask.paste((0, 0, 0, 0), (0, 0, 40, 60))
    mask.save("mask.png")
    content, _ = add_masks(picture(), picture(), content_mask="mask.png", style_mask="mask.png")
    assert content.regions.shape[3] == 1
    assert content.regions[:, :, 40:].all() and not content.regions[:, :, :40].any()


def test_lone_masks_paint_a_part_and_look_at_a_part():
    draw("mask.png", BLACK, WHITE)
    arranged = arrange(*add_masks(picture(), picture(), content_mask="mask.png"), StyleConfig())
    assert arranged.paints_part and arranged.content.regions.shape[3] == 1
    arranged = arrange(*add_masks(picture(), picture(), style_mask="mask.png"), StyleConfig())
    assert not arranged.paints_part and arranged.content.regions is None
    np.testing.assert_array_equal(arranged.styles[0].alpha, read_region("mask.png", SIZE))


def test_one_mask_for_each_style():
    draw("a.png", BLACK, WHITE)
    draw("b.png", WHITE, BLACK)
    content, styles = add_masks(picture(), [picture()] * 2, content_mask=["a.png", "b.png"])
    arranged = arrange(content, styles, StyleConfig())
    np.testing.assert_array_equal([style.regions[0, 5, 5] for style in arranged.styles], np.eye(2))
    content, styles = add_masks(
        picture(), [picture()] * 2, content_mask=["a.png", "b.png"], style_mask=["b.png", "a.png"]
    )
    assert [float(style.regions[0, 30, 40, r]) for r, style in enumerate(styles)] == [0, 1]


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        ({"content_mask": ["a.png", "a.png"]}, "got 2 content masks for 1 style"),
        ({"style_mask": ["a.png", "a.png"]}, "as many style masks as styles; got 2 for 1"),
        ({"content_mask": "a.png", "style_mask": ["a.png", "a.png"]}, "as many style masks as styles; got 2 for 1"),
        ({"content_mask": ["a.png"] * 3, "style_mask": ["a.png"] * 2}, "style masks as content masks; got 2 for 3"),
    ],
)
def test_masks_that_do_not_go_together_are_refused(masks, message):
    draw("a.png", BLACK, WHITE)
    with pytest.raises(ValueError, match=message):
        arrange(*add_masks(picture(), picture(), **masks), StyleConfig())


def test_style_file_has_no_pixels_to_choose_from():
    draw("a.png", BLACK, WHITE)
    saved = SavedStyle(size=SIZE, levels=(), pooling="average", weights="", weights_name="")
    for masks in ({"style_mask": "a.png"}, {"content_mask": "a.png", "style_mask": "a.png"}):
        with pytest.raises(ValueError, match="no pixels that a mask could choose from"):
            add_masks(picture(), saved, **masks)
    content, styles = add_masks(picture(), [saved, saved], content_mask=["a.png", "a.png"])
    with pytest.raises(ValueError, match="no pixels"):
        arrange(content, styles, StyleConfig())
    assert arrange(*add_masks(picture(), saved, content_mask="a.png"), StyleConfig()).paints_part


def test_weights_must_be_as_many_as_the_regions():
    draw("a.png", BLACK, WHITE)
    pictures = add_masks(picture(), picture(), content_mask="a.png", style_mask="a.png")
    with pytest.raises(
        ValueError, match="region_weights must be one number, or one for each region; got 1, 2, 3 for 2"
    ):
        arrange(*pictures, StyleConfig(region_weights="1,2,3"))


def test_mask_blurred_in_an_editor_has_the_colors_of_its_flat_parts():
    draw("mask.png", BLACK, WHITE)
    with Image.open("mask.png") as file:
        file.filter(ImageFilter.GaussianBlur(2)).save("blurred.png")
    np.testing.assert_array_equal(read_colors("blurred.png").colors, [BLACK, WHITE])
