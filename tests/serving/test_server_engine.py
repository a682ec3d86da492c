"""What only the engine of TF Serving can show: many requests at once, deadlines, and malformed input.

With `NST_TF_SOAK=1` (`make soak`) there are more of them, and the figures go into serving/deploy/README.md.
"""

import dataclasses
import io
import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from helpers import malformed
from helpers.model_requests import CONFIG, encoded, settings, smooth_picture, strings
from PIL import Image

import nst_tf
from nst_tf.config import COLORS

SOAK = os.environ.get("NST_TF_SOAK") == "1"
REQUESTS, THREADS, ROUNDS = (64, 8, 4) if SOAK else (9, 4, 1)
MUTATIONS = 25 if SOAK else 2
DOCUMENT = Path(__file__).parents[2] / "serving" / "deploy" / "README.md"
DEADLINE_EXCEEDED, INVALID_ARGUMENT = 4, 3


@pytest.fixture(scope="module")
def figures():
    """Sentences about what was measured, which a soak publishes."""
    sentences = []
    yield sentences
    if SOAK:
        from benchmarks.report import machine
        from tools.compare_networks.document import write_block

        write_block(
            DOCUMENT, "soak", "\n".join([f"`make soak` on {machine()}\n", *(f"* {each}" for each in sentences)])
        )


def request(number):
    """A request of a size, style and number of steps of its own."""
    content, style = smooth_picture(number, 24 + 7 * (number % 3), 40), smooth_picture(number + 50, 36, 30 + number % 4)
    pictures = {"content_bytes": strings(encoded(content)), "style_bytes": strings(encoded(style))}
    return "stylize_bytes", pictures | settings(
        steps=1 + number % 4, size=(0, 32, 48)[number % 3], color=COLORS[number % 4]
    )


def texts(answered):
    return [answer["arrays"]["stylized_bytes"][0] for answer in answered["answers"]]


def test_requests_at_once_get_the_bytes_that_they_get_alone(ask_c_library, figures):
    requests = [request(number) for number in range(REQUESTS)]
    together = [*[requests] * ROUNDS, requests[::-1]]
    alone, *rounds = ask_c_library(requests, *together, threads=[1, *[THREADS] * len(together)])
    assert len(set(texts(alone))) == REQUESTS
    assert all(texts(each) == texts(alone) for each in rounds[:-1])
    assert texts(rounds[-1])[::-1] == texts(alone)
    megabytes = [each["megabytes"] for each in rounds]
    figures.append(
        f"{REQUESTS} requests on {THREADS} threads, of mixed sizes, styles and steps, {len(rounds)} times: every "
        f"response equals, byte for byte, that of the same request sent alone. Memory of the process after each round: "
        f"{', '.join(f'{each:.0f}' for each in megabytes)} MB."
    )
    assert megabytes[-1] < 1.15 * megabytes[0]


def test_a_deadline_ends_the_loop_and_the_session_goes_on(ask_c_library, figures):
    name, inputs = request(1)
    endless = (name, inputs | {"steps": np.array([100_000], np.int32)})
    rounds = ask_c_library([(name, inputs)], [endless, endless], [(name, inputs)], timeouts_ms=[0, 500, 0])
    (before,), stopped, (after,) = (each["answers"] for each in rounds)
    assert [answer["status"][0] for answer in stopped] == [DEADLINE_EXCEEDED] * 2
    assert after["arrays"]["stylized_bytes"] == before["arrays"]["stylized_bytes"]
    seconds = [answer["seconds"] for answer in stopped]
    figures.append(
        f"Two runs of 100,000 steps with a deadline of 500 ms ended after {seconds[0]:.2f} s and {seconds[1]:.2f} s; "
        "the next request got the same response as before."
    )
    assert max(seconds) < 1 or not SOAK  # a busy machine may be slow, and must fail no other test


def test_malformed_requests_are_invalid_arguments_or_painted_as_the_library_does(ask_c_library, figures, tmp_path):
    kinds = [malformed.bombs(), malformed.empty(), malformed.wrong_counts(), malformed.wrong_values()]
    damaged, good = malformed.damaged(MUTATIONS), ("stylize_bytes", malformed.GOOD)
    rounds = [[good], damaged, *kinds, [good]]
    rounds = ask_c_library(*rounds, threads=[2] * len(rounds))
    before, read_or_not, *refused, after = (each["answers"] for each in rounds)
    for requests, answers in zip(kinds, refused, strict=True):
        for each, answer in zip(requests, answers, strict=True):
            assert answer["status"] is not None and answer["status"][0] == INVALID_ARGUMENT, each
    codes = [answer["status"][0] if answer["status"] else 0 for answer in read_or_not]
    assert set(codes) == {0, INVALID_ARGUMENT}
    painted = [
        (inputs["content_bytes"][0], answer["arrays"]["stylized_bytes"][0])
        for (_, inputs), answer in zip(damaged, read_or_not, strict=True)
        if answer["arrays"]
    ]
    compared = sum(is_painted_alike(content, png, tmp_path / "content") for content, png in painted)
    assert after[0]["arrays"]["stylized_bytes"] == before[0]["arrays"]["stylized_bytes"]
    bombs, *others = map(len, kinds)
    figures.append(
        f"{len(codes) + bombs + sum(others)} malformed requests: {len(codes)} mutated or cut-off files, {bombs} bombs, "
        "{} empty, {} of wrong counts, {} with values that are not finite, out of range or unknown. ".format(*others)
        + f"{len(painted)} of the damaged files could be read: {compared} were painted as by the library, which "
        f"refuses the others. All other requests got INVALID_ARGUMENT, and the session kept running."
    )


def is_painted_alike(content, png, path):
    """Whether the library reads a content; if so, its painting must be this one."""
    path.write_bytes(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = nst_tf.load_image(path)
    except ValueError:
        return False
    config = dataclasses.replace(CONFIG, steps=1, size=malformed.SIZE)
    wanted = nst_tf.stylize(image, malformed.STYLE, config=config).image
    served = np.asarray(Image.open(io.BytesIO(png)), np.float32)[None] / 255
    np.testing.assert_allclose(served, wanted, atol=0.5 / 255 + 1e-6)
    return True
