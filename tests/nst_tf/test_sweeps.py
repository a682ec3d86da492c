import pytest

from nst_tf import StyleConfig
from nst_tf.sweeps import growing_subsets, make_cells, parse_axis

SUBSETS = ["conv1_1", "conv1_1 + conv2_1", "conv1_1 + conv2_1 + conv3_1"]


def test_first_axis_makes_rows_and_the_second_columns():
    cells = make_cells(StyleConfig(), {"pooling": ["average", "max"], "seed": [1, 2, 3]})
    assert [cell[:2] for cell in cells] == [
        (f"pooling {pooling}", f"seed {seed}") for pooling in ("average", "max") for seed in (1, 2, 3)
    ]
    assert [(cell.config.pooling, cell.config.seed) for cell in cells][3:5] == [("max", 1), ("max", 2)]


def test_one_axis_makes_one_row():
    assert [cell[:2] for cell in make_cells(StyleConfig(), {"style_scale": [0.5, 2.0]})] == [
        ("", "style scale 0.5"),
        ("", "style scale 2"),
    ]


def test_ratio_is_alpha_over_beta():
    cells = make_cells(StyleConfig(style_weight=50), {"ratio": [1e-4, 1e-3]})
    assert [cell.config.content_weight for cell in cells] == pytest.approx([0.005, 0.05])
    assert [cell.column for cell in cells] == ["content/style 0.0001", "content/style 0.001"]


def test_cumulative_layers_are_the_papers_subsets_at_equal_weights():
    config = StyleConfig(style_layers="conv1_1,conv2_1,conv3_1")
    cells = make_cells(config, {"style_layers": ["cumulative"]})
    assert [cell.column for cell in cells] == [f"style {subset}" for subset in SUBSETS]
    assert cells[1].config.style_layer_weights == {"block1_conv1": 0.5, "block2_conv1": 0.5}
    assert growing_subsets(config.style_layers)[2] == ["block1_conv1", "block2_conv1", "block3_conv1"]


@pytest.mark.parametrize(
    ("text", "name", "values"),
    [
        ("pooling=average,max", "pooling", ["average", "max"]),
        ("--style-scale=0.5, 1e+0", "style_scale", [0.5, 1.0]),
        ("seed=1,2", "seed", [1, 2]),
        ("scales=none,1", "scales", [None, 1]),
        ("ratio=1e-3", "ratio", [0.001]),
        ("style-layers=conv1_1,conv1_1=1+conv2_1=3", "style_layers", ["conv1_1", "conv1_1=1,conv2_1=3"]),
        ("start=content,photo.jpg", "start", ["content", "photo.jpg"]),
    ],
)
def test_axis_is_read_as_its_setting_wants(text, name, values):
    parsed = parse_axis(text)
    assert parsed == (name, values)
    assert list(map(type, parsed[1])) == list(map(type, values))


def test_weights_of_layers_are_told_where_they_differ():
    (cell,) = make_cells(StyleConfig(), {"style_layers": ["conv1_1=1,conv2_1=3"]})
    assert cell.column == "style conv1_1 x1 + conv2_1 x3"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed", "NAME=VALUE"),
        ("seed=,", "NAME=VALUE"),
        ("seed=1,two", "seed must vary over whole numbers; got 'two'"),
        ("ratio=big", "ratio must vary over numbers"),
        ("colour=red", "no setting 'colour' to vary; did you mean color"),
        ("pooling=l2", "pooling must be one of average, max"),
        ("style_layers=conv9_9", "Unknown layer"),
        ("seed=1,1", "Values must be distinct; got seed 1 more than once"),
    ],
)
def test_bad_axis_is_named(text, message):
    with pytest.raises(ValueError, match=message):
        make_cells(StyleConfig(), dict([parse_axis(text)]))


@pytest.mark.parametrize(
    "vary", [{}, {"seed": []}, {"seed": [1], "steps": [1], "pooling": ["max"]}, {"pooling": "max"}]
)
def test_one_or_two_axes_with_values_are_needed(vary):
    with pytest.raises(ValueError, match="One or two settings can vary"):
        make_cells(StyleConfig(), vary)
