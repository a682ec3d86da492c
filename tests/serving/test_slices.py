"""A painting in slices: the bytes of one call, wherever it is cut; and what a state is refused for.

With `NST_TF_SOAK=1` (`make soak`) there are more runs, and more mutated states.
"""

import dataclasses
import io
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from helpers.killed_server import paint_through_kills
from helpers.model_requests import CONFIG, LIMITS, STYLES, encoded, settings, smooth_picture, strings
from PIL import Image

import nst_tf
from nst_tf.config import COLORS
from nst_tf.objective import Terms
from nst_tf_serving.graph.codecs.picture import encode
from nst_tf_serving.graph.request_settings import Settings
from nst_tf_serving.graph.run import ServedRecipe, compile_run
from nst_tf_serving.graph.signatures import make_module
from nst_tf_serving.graph.state_bytes import HEADER, Sent, state_format, write_state

SOAK = os.environ.get("NST_TF_SOAK") == "1"
RUNS, MUTATIONS = (20, 200) if SOAK else (3, 30)
INVALID_ARGUMENT = 3
HELPERS = Path(__file__).parents[1] / "helpers"

CONTENT, STYLE = encoded(smooth_picture(1, 44, 60)), encoded(smooth_picture(2, 50, 38))
PAIR = {"content_bytes": strings(CONTENT), "style_bytes": strings(STYLE)}


def run_of(number):
    """A request of a size, style and number of steps of its own; in the soak, every third by the name of a style."""
    content, style = smooth_picture(number, 24 + 9 * (number % 4), 44), smooth_picture(number + 50, 36, 30 + number % 4)
    pictures = {"content_bytes": strings(encoded(content)), "style_bytes": strings(encoded(style))}
    if SOAK and number % 3 == 2:
        name = list(STYLES)[number % 2]
        pictures, style = (
            {"content_bytes": pictures["content_bytes"], "style_name": strings(name.encode())},
            STYLES[name],
        )
    changes = {"steps": 3 + number % 5, "size": (0, 32, 48)[number % 3], "color": COLORS[number % 4]}
    config = dataclasses.replace(CONFIG, **changes | {"size": changes["size"] or None})
    return {"pictures": pictures, "settings": settings(**changes)}, nst_tf.stylize(content, style, config=config)


def test_slices_give_the_bytes_of_one_call_and_mutated_states_are_invalid(exported, names, tmp_path):
    runs, paintings = zip(*(run_of(number) for number in range(RUNS)), strict=True)
    sizes = {"one_call": SOAK, "mutations": MUTATIONS, "seed": 4}
    (tmp_path / "task").write_bytes(pickle.dumps({"folder": str(exported), "names": names, "runs": runs, **sizes}))
    command = [sys.executable, HELPERS / "slice_runs.py", tmp_path / "task", tmp_path / "answers"]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert finished.returncode == 0, finished.stderr[-2000:]
    assert '"python_tensorflow": false' in finished.stdout
    answers = pickle.loads((tmp_path / "answers").read_bytes())
    for each, painting in zip(answers["painted"], paintings, strict=True):
        outputs = each["sliced"]
        assert outputs["stylized_bytes"][0] == encode(painting.image[0]).numpy()
        assert outputs["loss"] == pytest.approx([painting.loss], rel=1e-6)
        assert outputs["taken"] == outputs["planned"] == [painting.steps] and outputs["share"] == 1
        assert outputs["state_bytes"][0] == b""
        if SOAK:
            assert each["whole"]["stylized_bytes"][0] == outputs["stylized_bytes"][0]
            assert each["whole"]["loss"] == outputs["loss"]
    assert sum(each["slices"] for each in answers["painted"]) > 2 * RUNS
    assert [status[0] for status in answers["statuses"]] == [INVALID_ARGUMENT] * MUTATIONS
    assert all("state_bytes" in status[1] for status in answers["statuses"])


SMALL = dataclasses.replace(CONFIG, content_layers="conv1_1", style_layers="conv1_1", scales=2)
IDENTITY = "a model"


def served(config, identity=IDENTITY):
    network = nst_tf.feature_model(config.layers, weights="random", dtype="float32")
    return ServedRecipe(network, config, LIMITS, identity)


@pytest.fixture(scope="module")
def small():
    """The signatures of a model with L-BFGS that stops early."""
    config = dataclasses.replace(SMALL, optimizer="lbfgs", history=3, stop_when=0.5)
    return make_module(served(config), {}).signatures


def painted(signatures, cuts, changes, pair=PAIR):
    """Paint in slices of these numbers of steps, over and over; return the outputs of each slice."""
    outputs = [signatures["begin"](**tensors({**pair, **settings(**changes)}))]
    while len(outputs) == 1 or not all(outputs[-1]["stylized_bytes"].numpy()):
        steps = cuts[(len(outputs) - 1) % len(cuts)]
        outputs.append(advanced(signatures, outputs[-1]["state_bytes"], steps=steps, pair=pair))
    return outputs[1:]


def advanced(signatures, state, *, steps=1, preview=0, pair=PAIR):
    return signatures["advance"](**tensors(pair), state_bytes=state, steps=[steps], preview=[preview])


def tensors(values):
    return {name: tf.constant(value) for name, value in values.items()}


def test_slices_stop_where_one_call_stops_also_with_l_bfgs(small):
    changes = {"steps": 90}
    whole = small["stylize_bytes"](**tensors({**PAIR, **settings(**changes)}))
    for cuts in ((7,), (20, 1), (1000,)):
        last = painted(small, cuts, changes)[-1]
        assert last["stylized_bytes"].numpy() == whole["stylized_bytes"].numpy()
        assert last["loss"].numpy() == whole["loss"].numpy()
        assert last["taken"].numpy() < last["planned"].numpy() == [135]


def test_a_slice_tells_how_far_the_run_is(small):
    slices = painted(small, (4,), {"steps": 6, "size": 40})
    told = [tuple(int(each[name][0]) for name in ("taken", "left", "height", "width")) for each in slices]
    assert told == [(4, 5, 29, 40), (8, 1, 29, 40), (9, 0, 29, 40)]
    shares = [float(each["share"][0]) for each in slices]
    assert shares == sorted(shares) and shares[-1] == 1


def test_previews_come_if_asked_for_and_show_the_picture(small):
    begun = small["begin"](**tensors({**PAIR, **settings(steps=8)}))["state_bytes"]
    assert not advanced(small, begun)["preview_bytes"].numpy()[0]
    shown = advanced(small, begun, steps=12, preview=20)
    image = Image.open(io.BytesIO(shown["preview_bytes"].numpy()[0]))
    assert image.format == "JPEG" and image.size == (20, 15)
    png = Image.open(io.BytesIO(shown["stylized_bytes"].numpy()[0]))
    difference = np.abs(
        *np.diff([np.asarray(each.convert("L"), int) for each in (png.resize(image.size), image)], axis=0)
    )
    assert png.size == (60, 44) and difference.mean() < 6


def test_runs_of_several_pictures_advance_together(small):
    pair = {"content_bytes": strings(CONTENT, encoded(smooth_picture(9, 30, 30))), "style_bytes": PAIR["style_bytes"]}
    together = painted(small, (200,), {"steps": 4}, pair)[-1]["stylized_bytes"].numpy()
    for content, png in zip(pair["content_bytes"], together, strict=True):
        alone = painted(small, (3,), {"steps": 4}, {**pair, "content_bytes": strings(content)})
        assert alone[-1]["stylized_bytes"].numpy()[0] == png


def test_what_can_not_be_painted_is_refused_at_the_beginning(small):
    for changes, sentence in [({"steps": 0}, "steps must be at least 1"), ({"color": "red"}, "color must be one of")]:
        with pytest.raises(tf.errors.InvalidArgumentError, match=sentence):
            small["begin"](**tensors({**PAIR, **settings(**changes)}))


def test_a_state_is_refused_for_another_picture_model_or_wish(small):
    begun = small["begin"](**tensors({**PAIR, **settings()}))["state_bytes"]
    state = advanced(small, begun)["state_bytes"]
    for wrong, sentence in [
        ({"pair": {**PAIR, "content_bytes": strings(STYLE)}}, "another content; send the picture with which"),
        ({"pair": {**PAIR, "style_bytes": strings(STYLE + b"\0")}}, "another style; send the picture with which"),
        ({"steps": 0}, "steps must be at least 1; got 0"),
        ({"preview": 513}, "preview must be from 1 to 512, the longer side in pixels, or 0 for none; got 513"),
    ]:
        with pytest.raises(tf.errors.InvalidArgumentError, match=sentence):
            advanced(small, state, **wrong)
    for bad, sentence in [
        (b"", "state_bytes is not a state of this version; got 0 bytes"),
        (state.numpy()[0][:-1], "state_bytes is damaged; send what begin or the last advance returned, unchanged"),
        (bytes(10**8), "not a state of this version; got 100000000 bytes"),
        (foreign_state(), "belongs to another model or version of it; begin again with this one"),
    ]:
        with pytest.raises(tf.errors.InvalidArgumentError, match=sentence):
            advanced(small, [bad])


@pytest.fixture(scope="module")
def form():
    """The format of the small model's states, with which a hostile client can seal what it likes."""
    recipe = served(dataclasses.replace(SMALL, optimizer="lbfgs", history=3, stop_when=0.5))
    return state_format(recipe.identity, compile_run(recipe).spec, pixels=LIMITS.pixels)


def foreign_state():
    spec = compile_run(served(SMALL, "another model")).spec
    other = state_format("another model", spec, pixels=LIMITS.pixels)
    return write_state(other, Sent(CONTENT, STYLE), scalars(settings())).numpy()


def scalars(values):
    return Settings(**{name: tf.constant(value[0]) for name, value in values.items()})


def forged(form, *, size=(31, 42), fill=0.5, chosen=None, **changes):
    """A state with a valid seal, whatever is in it."""

    def filled(spec):
        shape = (1, *size, 3) if spec.shape.rank == 4 else spec.shape
        return tf.cast(tf.fill(shape, fill), spec.dtype)

    position = tf.nest.map_structure(filled, form.spec)
    position = position._replace(stage=tf.constant(0), taken=tf.constant(1), terms=Terms(*[tf.constant(1.0)] * 4))
    position = position._replace(**{name: tf.constant(value) for name, value in changes.items()})
    return write_state(form, Sent(CONTENT, STYLE), scalars(chosen or settings()), position).numpy()


def test_a_forged_state_of_the_right_shape_is_read(form, small):
    assert advanced(small, [forged(form)])["taken"].numpy() == [1]


@pytest.mark.parametrize(
    ("forgery", "sentence"),
    [
        ({"stage": 2}, "does not fit the sizes of this run"),
        ({"stage": -1}, "does not fit"),
        ({"stage": 2**31 - 1}, "does not fit"),
        ({"taken": 2}, "does not fit"),
        ({"taken": -5}, "does not fit"),
        ({"stage": 0, "taken": 0}, "does not fit"),
        ({"stage": 1}, "does not fit"),
        ({"size": (31, 41)}, "does not fit"),
        ({"size": (200, 200)}, "does not fit"),
        ({"fill": float("nan")}, "the loss is not finite"),
        ({"chosen": settings(size=10_000)}, "at most 90000 are allowed"),
        ({"chosen": settings(steps=10**9)}, "steps must be at least 1 and at most"),
        ({"chosen": settings(learning_rate=float("nan"))}, "learning_rate must be above 0"),
    ],
)
def test_a_forged_state_is_refused_with_a_sentence(form, small, forgery, sentence):
    with pytest.raises(tf.errors.InvalidArgumentError, match=sentence):
        advanced(small, [forged(form, **forgery)], steps=1000)


def test_a_state_before_the_first_step_is_small(small):
    assert len(small["begin"](**tensors({**PAIR, **settings()}))["state_bytes"].numpy()[0]) == HEADER


@pytest.mark.skipif(not SOAK, reason="takes minutes; the toy of test_request_in_slices takes its place")
def test_a_painting_survives_three_kills_of_its_server(exported):
    run, painting = run_of(1)
    pictures = [run["pictures"][name][0] for name in ("content_bytes", "style_bytes")]
    chosen = {
        name: value[0].item() if value.dtype != object else value[0].decode() for name, value in run["settings"].items()
    }
    chosen["size"] = chosen["size"] or None
    served, steps = paint_through_kills(exported.parent, *pictures, kills=[1, 3, 5], settings=chosen, seconds=0.01)
    assert served.png == encode(painting.image[0]).numpy() and steps[-1] == painting.steps
