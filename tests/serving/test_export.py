import dataclasses
import errno
import io
import json
import os
import pickle
import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from helpers.model_requests import CONFIG, LIMITS, STYLES, encoded, settings, smooth_picture, strings
from PIL import Image

import nst_tf
from nst_tf import StyleConfig
from nst_tf.config import COLORS
from nst_tf_serving.graph.run import ServedRecipe
from nst_tf_serving.graph.signatures import make_module
from nst_tf_serving.limits import Limits
from nst_tf_serving.saved_model import warmup
from nst_tf_serving.saved_model.exporter import export

CONTENT, STYLE = smooth_picture(1, 44, 60), STYLES["waves"]
PAIR = {"content_bytes": strings(encoded(CONTENT)), "style_bytes": strings(encoded(STYLE))}
CHANGES = {"steps": 4, "size": 50, "content_weight": 0.1, "style_weight": 2.0, "tv_weight": 0.5, "learning_rate": 0.04}
CHANGES["color"] = "match"


def stylized(content=CONTENT, style=STYLE, **changes):
    return nst_tf.stylize(content, style, config=dataclasses.replace(CONFIG, **changes))


def pixels(text):
    return np.asarray(Image.open(io.BytesIO(text)), np.float32)[None] / np.float32(255)


def rounded(image):
    return np.round(image * 255).astype(np.float32) / np.float32(255)


def module(config):
    """Return a model that is not saved, with its signatures."""
    weights = nst_tf.load_weights(config.weights)
    network = nst_tf.feature_model(
        config.layers, weights=weights, pooling=config.pooling, border=config.border, dtype=config.precision
    )
    return make_module(ServedRecipe(network, config, LIMITS), {})


@pytest.fixture(scope="module")
def model(exported):
    return tf.saved_model.load(str(exported))


REQUESTS = [
    ("serving_default", PAIR),
    ("stylize_bytes", PAIR | settings(**CHANGES)),
    ("stylize", {"content": CONTENT, "style": STYLE} | settings(**CHANGES)),
    ("stylize_named", {"content_bytes": PAIR["content_bytes"], "style_name": strings(b"waves")} | settings(**CHANGES)),
    ("features", {"image": CONTENT}),
]
"""One to every signature."""


def check_answers(default, by_bytes, by_images, by_name, features):
    """Compare the answers to `REQUESTS` with what the library does."""
    wanted = stylized(**CHANGES)
    np.testing.assert_array_equal(by_images["stylized"], wanted.image)
    np.testing.assert_allclose(by_images["loss"], [wanted.loss], rtol=1e-6)
    np.testing.assert_array_equal(pixels(by_bytes["stylized_bytes"][0]), rounded(wanted.image))
    np.testing.assert_array_equal(by_bytes["loss"], by_images["loss"])
    assert by_name["stylized_bytes"] == by_bytes["stylized_bytes"] and by_name["loss"] == by_bytes["loss"]
    np.testing.assert_array_equal(pixels(default["stylized_bytes"][0]), rounded(stylized().image))
    own = nst_tf.feature_model(CONFIG.layers, weights="random")(CONTENT)
    assert len(features) == 2 * len(own)
    for layer, value in own.items():
        np.testing.assert_allclose(features[layer], value, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(features[f"{layer}_gram"], nst_tf.losses.gram_matrix(value), rtol=1e-3, atol=1e-5)


def test_signatures_and_warm_up_run_without_pythons_tensorflow(exported, ask_c_library):
    warm_up = list(warmup.read_requests(exported / "assets.extra" / warmup.FILE))
    assert [name for name, _ in warm_up] == [
        "stylize_bytes",
        "stylize",
        "stylize_named",
        "begin",
        "advance",
        "features",
    ]
    assert all(inputs["steps"] == [1] for _, inputs in warm_up if "steps" in inputs)
    answers = ask_c_library([*REQUESTS, *warm_up])[0]["answers"]
    check_answers(*(answer["arrays"] for answer in answers[: len(REQUESTS)]))
    assert all(answer["status"] is None for answer in answers)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"size": 33},
        {"size": 90},
        {"steps": 1, "size": 24},
        {"size": 64},
        {"color": "luminance", "size": 45},
        {"color": "match"},
        {"color": "histogram", "steps": 1},
    ],
)
def test_images_are_painted_to_the_bit_as_the_library_does(model, changes):
    options = {name: tf.constant(value) for name, value in settings(**changes).items()}
    answer = model.stylize(CONTENT, STYLE, **options)
    np.testing.assert_array_equal(answer["stylized"], stylized(**changes).image)


@pytest.mark.parametrize(
    "special",
    [
        {"optimizer": "lbfgs", "start": "noise", "scales": 2},
        {"start": "style", "precision": "bfloat16", "normalization": "paper", "style_weight": 1e-6, "size": 40},
        {"style_proportions": "content", "style_scale": 0.8, "activations": "auto", "border": "replicate"},
        {"color": "match", "color_map": "cholesky", "optimizer": "lbfgs", "steps": 2},
        {"color": "luminance", "start": "noise", "optimizer": "lbfgs", "steps": 2},
        {"stop_when": 0.2, "scales": 2, "steps": 90, "layers": "conv1_1"},
    ],
)
def test_other_configurations_are_painted_to_the_bit_too(special):
    if layers := special.pop("layers", None):
        special |= {"content_layers": layers, "style_layers": layers}
    paint = module(dataclasses.replace(CONFIG, **special)).module.__call__
    np.testing.assert_array_equal(paint(CONTENT, STYLE)[0], stylized(**special).image)


def test_a_saved_model_of_another_optimizer_paints_the_same(tmp_path):
    config = dataclasses.replace(CONFIG, optimizer="lbfgs", steps=2)
    saved = tf.saved_model.load(str(export(tmp_path, config=config)))
    np.testing.assert_array_equal(saved(CONTENT, STYLE)[0], stylized(optimizer="lbfgs", steps=2).image)


def test_model_is_called_as_tf_hubs_module_is(model):
    outputs = model(tf.constant(np.concatenate([CONTENT, CONTENT[:, ::-1]])), tf.constant(STYLE))
    assert outputs[0].shape == (2, 44, 60, 3)
    np.testing.assert_array_equal(outputs[0][:1], stylized().image)


def test_encoded_photographs_are_painted_upright(model, tmp_path):
    exif, file = Image.Exif(), tmp_path / "photo.jpg"
    exif[0x0112] = 6
    Image.open(io.BytesIO(encoded(CONTENT))).save(file, exif=exif)
    painted = model.stylize_bytes([file.read_bytes()], [encoded(STYLE)], steps=[1])["stylized_bytes"][0].numpy()
    assert pixels(painted).shape == (1, 60, 44, 3)
    np.testing.assert_array_equal(pixels(painted), rounded(stylized(nst_tf.load_image(file), steps=1).image))


def test_a_request_of_several_pictures_is_several_requests(model):
    contents = [CONTENT, smooth_picture(3, 32, 48), CONTENT]
    options = {"steps": tf.constant([1, 2, 3]), "size": tf.constant([0, 40, 32]), "color": tf.constant(COLORS[1:])}
    texts = tf.constant([encoded(each) for each in contents])
    together = model.stylize_bytes(texts, tf.constant([encoded(STYLE)]), **options)
    for index, content in enumerate(contents):
        own = stylized(content, steps=index + 1, size=[None, 40, 32][index], color=COLORS[index + 1])
        np.testing.assert_array_equal(pixels(together["stylized_bytes"][index].numpy()), rounded(own.image))
        np.testing.assert_allclose(together["loss"][index], own.loss, rtol=1e-6)


BAD = [
    ({"steps": [0]}, "steps must be at least 1 and at most 100000; got 0"),
    ({"steps": [10**9]}, "steps must be at least 1"),
    ({"size": [-1]}, "size must be from 1 to 16383, or 0"),
    ({"size": [10]}, "need a shorter side of at least 16 px"),
    ({"size": [400]}, "at most 90000 are allowed. Choose a smaller size, or paint with nst-tf stylize --size"),
    ({"learning_rate": [float("nan")]}, "learning_rate must be above 0"),
    ({"content_weight": [float("inf")]}, "content_weight must be at least 0"),
    ({"style_weight": [-1.0]}, "style_weight must be at least 0"),
    ({"content_weight": [0.0], "style_weight": [0.0]}, "both 0; raise one"),
    ({"seed": [-3]}, "seed must be at least 0"),
    ({"color": ["sepia"]}, r"color must be one of style, luminance, match, histogram; got sepia\."),
    ({"color": ["x" * 1000]}, "got " + "x" * 40 + r"\."),
    ({"steps": [1, 2, 3]}, r"steps must have one value, or as many as there are contents \(1\); got 3"),
    ({"learning_rate": [900.0], "tv_weight": [1e38]}, "the loss is not finite"),
]


@pytest.mark.parametrize(("changes", "sentence"), BAD)
def test_bad_settings_are_refused_with_a_sentence(model, changes, sentence):
    options = {name: tf.constant(value) for name, value in changes.items()}
    with pytest.raises(tf.errors.InvalidArgumentError, match=sentence):
        model.stylize(CONTENT, STYLE, **options)


def test_an_unknown_style_is_refused_with_the_known_ones(model):
    content, name = tf.constant(PAIR["content_bytes"]), tf.constant([b"Waves" * 20])
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"style_name must be one of waves, dots; got (Waves){8}[.]"
    ):
        model.stylize_named(content, name)


def test_styles_of_a_model_are_checked_before_the_work(tmp_path):
    (tmp_path / "bad.png").write_bytes(b"nothing")
    for name, file, error, sentence in [
        ("a b", "bad.png", ValueError, "A style's name must be 1 to 64 letters"),
        ("bad", "bad.png", ValueError, "The style bad can't be put into the model: .*bad.png: "),
        ("none", "none.png", FileNotFoundError, "none.png"),
    ]:
        with pytest.raises(error, match=sentence):
            export(tmp_path / "model", config=CONFIG, styles={name: tmp_path / file})
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (CONTENT * 255, "content must hold RGB values from 0 to 1; got 0"),
        (CONTENT * np.float32(np.nan), "content must hold RGB values"),
        (CONTENT[:0], "content must hold 1 to 4 pictures; got 0"),
        (np.repeat(CONTENT, 5, axis=0), "content must hold 1 to 4 pictures; got 5"),
        (CONTENT[:, :0], "content has no pixels"),
    ],
)
def test_bad_pictures_are_refused_with_a_sentence(model, content, sentence):
    with pytest.raises(tf.errors.InvalidArgumentError, match=sentence):
        model.stylize(content, STYLE)


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (CONTENT[:, :9], "image must have sides of at least 16 px and at most 90000 px in all; got 1 x 9 x 60"),
        (np.zeros((50, 44, 60, 3), np.float32), "got 50 x 44 x 60"),
        (CONTENT - 1, "image must hold RGB values from 0 to 1; got -1"),
    ],
)
def test_features_of_bad_images_are_refused_with_a_sentence(model, image, sentence):
    with pytest.raises(tf.errors.InvalidArgumentError, match=sentence):
        model.features(image)


def test_defaults_are_those_of_the_configuration(names, exported):
    from tensorflow.python.saved_model import loader_impl

    definition = loader_impl.parse_saved_model(str(exported)).meta_graphs[0].signature_def["stylize_bytes"]
    defaults = {name: tf.make_ndarray(value).tolist() for name, value in definition.defaults.items()}
    words = {name: value.tolist() for name, value in settings().items() if value.dtype == object}
    numbers = {name: pytest.approx(value.tolist()) for name, value in settings().items() if name not in words}
    assert words == {"color": [b"style"]} and defaults == words | numbers


def test_export_describes_itself(exported):
    described = json.loads((exported / "assets.extra" / "config.json").read_text())
    assert described["config"]["steps"] == 3 and described["limits"] == dataclasses.asdict(LIMITS)
    assert described["weights"]["sha256"] == nst_tf.load_weights("random").sha256
    assert "random numbers" in (exported / "assets.extra" / "NOTICE").read_text()
    size = sum(path.stat().st_size for path in exported.rglob("*"))
    assert size < 55e6


def test_warm_up_pictures_are_large_enough_for_all_scales_and_a_reduced_style(tmp_path):
    config = dataclasses.replace(CONFIG, scales=3, style_scale=0.5)
    made = module(config)
    warmup.write_requests(tmp_path / "requests", config=config, slices=made.slices)
    paint, inputs = made.signatures["stylize"], dict(warmup.read_requests(tmp_path / "requests"))["stylize"]
    paint(**inputs)
    with pytest.raises(tf.errors.InvalidArgumentError, match="3 scales would begin too small"):
        paint(**inputs | {"size": inputs["size"] - 5})


def test_versions_count_up_and_are_never_replaced(tmp_path):
    assert export(tmp_path / "m", config=SMALL, version=7).name == "7"
    with pytest.raises(FileExistsError, match="7 exists"):
        export(tmp_path / "m", config=SMALL, version=7)
    with pytest.raises(ValueError, match="at least 1; got 0"):
        export(tmp_path / "m", config=CONFIG, version=0)
    foreign = ["0010", "9.old", "notes.txt", "99999999999999999999"]
    for name in foreign:
        (tmp_path / "m" / name).touch()
    assert export(tmp_path / "m", config=SMALL).name == "11"
    assert sorted(path.name for path in (tmp_path / "m").iterdir()) == sorted([*foreign, "7", "11"])


@pytest.fixture
def small_files():
    """No file may grow beyond 100 kB, as if the disk were full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_told_in_a_sentence_and_nothing_is_left(tmp_path, small_files):
    with pytest.raises(OSError, match=r"^The model can't be written: [^{\[]*File too large$"):
        export(tmp_path / "m", config=SMALL)
    assert list((tmp_path / "m").iterdir()) == []


SMALL = dataclasses.replace(CONFIG, content_layers="conv1_1", style_layers="conv1_1", scales=1)
"""What is exported in a moment."""


def export_twice_at_once(folder, version):
    with ThreadPoolExecutor() as threads:
        return [threads.submit(export, folder, config=SMALL, version=version) for _ in range(2)]


def test_exports_at_once_take_a_number_each(tmp_path):
    folders = [future.result() for future in export_twice_at_once(tmp_path, None)]
    assert sorted(folders) == sorted(tmp_path.iterdir()) == [tmp_path / "1", tmp_path / "2"]


def test_one_of_two_exports_of_a_version_is_refused(tmp_path):
    (error,) = filter(None, (future.exception() for future in export_twice_at_once(tmp_path, 5)))
    assert isinstance(error, FileExistsError) and "choose another version" in str(error)
    assert list(tmp_path.iterdir()) == [tmp_path / "5"]


def test_a_folder_that_can_not_be_written_is_told_before_the_work(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError, match="file"):
        export(tmp_path / "file", config=CONFIG)
    with pytest.raises(OSError, match="proc"):
        export("/proc/models", config=CONFIG)


def test_a_name_that_tensorflow_can_not_write_is_refused_and_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="needs a name in UTF-8"):
        export(tmp_path / os.fsdecode(b"m\xff"), config=SMALL)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [errno.EXDEV, errno.ENOSYS, errno.EPERM])
def test_a_model_is_copied_where_folders_can_not_be_renamed(number, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "rename", refuse)
    folder = export(tmp_path, config=SMALL)
    assert list(tmp_path.iterdir()) == [tmp_path / "1"] == [folder]
    assert {"saved_model.pb", "variables", "assets.extra"} <= {path.name for path in folder.iterdir()}
    with pytest.raises(FileExistsError, match="1 exists"):
        export(tmp_path, config=SMALL, version=1)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"start": "a.png"}, "starts from content, noise, style"),
        ({"activations": "normalized"}, "nst-tf weights normalize"),
        ({"steps": 2000}, "2000 steps exceeds the limit of 1000"),
        ({"size": 3000}, "3000 can exceed the limit of 2097152 pixels"),
        ({"content_weight": 0}, "needs both terms"),
    ],
)
def test_what_can_not_be_served_is_refused(tmp_path, setting, sentence):
    with pytest.raises(ValueError, match=sentence):
        export(tmp_path / "m", config=StyleConfig(**setting))
    assert not (tmp_path / "m").exists()


def test_limits_must_let_something_through():
    with pytest.raises(ValueError, match="steps must be a whole number of at least 1; got 0"):
        Limits(steps=0)


SESSION = """
import pickle, sys, tensorflow as tf
with tf.compat.v1.Session(graph=tf.Graph()) as session:
    signatures = tf.compat.v1.saved_model.loader.load(session, ["serve"], sys.argv[1]).signature_def
    answers = []
    for name, inputs in pickle.load(open("requests", "rb")):
        feeds = {signatures[name].inputs[key].name: value for key, value in inputs.items()}
        answers.append(session.run({key: each.name for key, each in signatures[name].outputs.items()}, feeds))
    pickle.dump(answers, open("answers", "wb"))
"""


def run_python(folder, *arguments):
    command = [sys.executable, *map(str, arguments)]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=folder)
    assert finished.returncode == 0, finished.stderr[-2000:]


def test_every_signature_runs_in_a_session_of_tensorflow_1(exported, tmp_path):
    (tmp_path / "requests").write_bytes(pickle.dumps(REQUESTS))
    run_python(tmp_path, "-c", SESSION, exported)
    check_answers(*pickle.loads((tmp_path / "answers").read_bytes()))


def test_saved_model_cli_paints(exported, tmp_path):
    (name, inputs), files = REQUESTS[1], []
    for key, value in inputs.items():
        np.save(tmp_path / key, value.astype("S") if value.dtype == object else value)
        files.append(f"{key}={key}.npy")
    tool = ("-m", "tensorflow.python.tools.saved_model_cli", "run", "--dir", exported, "--tag_set", "serve")
    run_python(tmp_path, *tool, "--signature_def", name, "--inputs", ";".join(files), "--outdir", tmp_path)
    (painted,) = np.load(tmp_path / "stylized_bytes.npy", allow_pickle=True)
    np.testing.assert_array_equal(pixels(painted), rounded(stylized(**CHANGES).image))
