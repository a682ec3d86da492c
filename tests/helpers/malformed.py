"""Requests that nobody should send, kind by kind, for a model exported with `model_requests.CONFIG` and `LIMITS`."""

import numpy as np

from helpers.fresh_process import huge_pictures, mutate, sources
from helpers.model_requests import LIMITS, encoded, settings, smooth_picture, strings

SIZE = 24
CONTENT, STYLE = smooth_picture(2, 38, 40), smooth_picture(52, 36, 32)
GOOD = {"content_bytes": strings(encoded(CONTENT)), "style_bytes": strings(encoded(STYLE))}
GOOD |= settings(steps=1, size=SIZE)

PICTURES = ("content_bytes", "style_bytes")

NOT_FINITE = [float("nan"), float("inf"), -float("inf")]
FLOATS = {name: [*NOT_FINITE, -1] for name in ("content_weight", "style_weight", "tv_weight", "learning_rate")}
WHOLE_NUMBERS = {
    "steps": [0, -1, LIMITS.steps + 1, 2**31 - 1],
    "size": [-1, 10, 2**14, 2**31 - 1],
    "seed": [-1, -(2**31)],
}
WORDS = {"color": [b"", b"Style", b"sepia" * 100_000, b"\xff\x00", b"style,match"]}


def damaged(mutations):
    """Requests whose content is a mutated or a cut-off file: some can still be read."""
    rng = np.random.default_rng(0)
    files = [mutate(source, rng) for source in sources() for _ in range(mutations)]
    files += [source[: int(len(source) * part)] for source in sources() for part in (0.1, 0.5, 0.9)]
    return [("stylize_bytes", GOOD | {"content_bytes": strings(file)}) for file in files]


def bombs():
    return [("stylize_bytes", GOOD | {name: strings(bomb)}) for bomb in huge_pictures() for name in PICTURES]


def empty():
    """Requests with a picture of no bytes, or none at all."""
    return [("stylize_bytes", GOOD | {name: texts}) for name in PICTURES for texts in (strings(b""), strings())] + [
        ("stylize", images(CONTENT[:, :0])),
        ("features", {"image": CONTENT[:0]}),
    ]


def wrong_counts():
    one, two = GOOD["content_bytes"], np.repeat(GOOD["content_bytes"], 2)
    changes = [
        {"content_bytes": np.repeat(one, LIMITS.pictures + 1)},
        {"content_bytes": two, "style_bytes": np.repeat(GOOD["style_bytes"], 3)},
        {"style_bytes": np.repeat(GOOD["style_bytes"], 2)},
        *({name: np.repeat(GOOD[name], count)} for name in (*FLOATS, *WHOLE_NUMBERS, *WORDS) for count in (0, 3)),
    ]
    return [("stylize_bytes", GOOD | each) for each in changes]


def wrong_values():
    """Requests with settings that are not finite, out of range or unknown words, and images that are."""
    wrong = [
        (name, value) for each in (FLOATS, WHOLE_NUMBERS, WORDS) for name, values in each.items() for value in values
    ]
    requests = [("stylize_bytes", GOOD | {name: np.array([value], GOOD[name].dtype)}) for name, value in wrong]
    for value in (*NOT_FINITE, -1, 256):
        spoiled = CONTENT.copy()
        spoiled[0, 3, 4, 1] = value
        requests += [("stylize", images(spoiled)), ("features", {"image": spoiled})]
    return requests


def images(content):
    return {"content": content, "style": STYLE, **settings(steps=1, size=SIZE)}
