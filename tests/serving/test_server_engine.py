"""What only the engine of TF Serving can show: many requests at once, deadlines, and broken input.

With `NST_TF_SOAK=1` (`make soak`) there are more of them, and the figures are printed.
"""

import os
import sys

import numpy as np
from model_requests import encoded, settings, smooth_picture, strings

SOAK = os.environ.get("NST_TF_SOAK") == "1"
REQUESTS, THREADS, ROUNDS = (64, 8, 4) if SOAK else (9, 4, 1)
BROKEN = 60 if SOAK else 6
KINDS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")


def request(number):
    """A request of a size, style and number of steps of its own."""
    content, style = smooth_picture(number, 24 + 7 * (number % 3), 40), smooth_picture(number + 50, 36, 30 + number % 4)
    pictures = {"content_bytes": strings(encoded(content)), "style_bytes": strings(encoded(style))}
    return "stylize_bytes", pictures | settings(steps=1 + number % 4, size=(0, 32, 48)[number % 3])


def texts(answered):
    return [answer["arrays"]["stylized_bytes"][0] for answer in answered["answers"]]


def tell(line):
    if SOAK:
        sys.stderr.write(f"\n{line}\n")


def test_requests_at_once_get_the_bytes_that_they_get_alone(ask_c_library):
    requests = [request(number) for number in range(REQUESTS)]
    (alone,) = ask_c_library(requests)
    rounds = ask_c_library(*[requests] * ROUNDS, requests[::-1], threads=THREADS)
    assert len(set(texts(alone))) == REQUESTS
    assert all(texts(each) == texts(alone) for each in rounds[:-1])
    assert texts(rounds[-1])[::-1] == texts(alone)
    megabytes = [each["megabytes"] for each in rounds]
    tell(f"{REQUESTS} requests on {THREADS} threads, memory after each round: {[f'{m:.0f} MB' for m in megabytes]}")
    assert megabytes[-1] < 1.15 * megabytes[0]


def test_a_deadline_ends_the_loop_and_the_session_goes_on(ask_c_library):
    name, inputs = request(1)
    endless = (name, inputs | {"steps": np.array([100_000], np.int32)})
    rounds = ask_c_library([(name, inputs)], [endless, endless], [(name, inputs)], timeouts_ms=[0, 500, 0])
    (before,), stopped, (after,) = (each["answers"] for each in rounds)
    assert [answer["status"][0] for answer in stopped] == [4, 4]  # DEADLINE_EXCEEDED
    assert after["arrays"]["stylized_bytes"] == before["arrays"]["stylized_bytes"]
    tell(f"stopped after {[round(answer['seconds'], 2) for answer in stopped]} s with a limit of 0.5 s")


def test_broken_pictures_are_invalid_arguments_and_nothing_else(ask_c_library):
    name, good = request(2)
    rng, broken = np.random.default_rng(0), [b""]
    for whole in (encoded(smooth_picture(9, 30, 30), kind) for kind in KINDS):
        for _ in range(BROKEN):
            damaged = bytearray(whole[: rng.integers(1, len(whole) + 1)])
            for place in rng.integers(0, len(damaged), 3):
                damaged[place] ^= 1 << int(rng.integers(8))
            broken.append(bytes(damaged))
    requests = [(name, good | settings(steps=1) | {"content_bytes": strings(text)}) for text in broken]
    (answered,) = ask_c_library(requests, threads=2)
    codes = [answer["status"][0] if answer["status"] else 0 for answer in answered["answers"]]
    tell(f"{len(codes)} malformed: {codes.count(3)} INVALID_ARGUMENT, {codes.count(0)} pictures")
    assert set(codes) <= {0, 3}  # a picture, or INVALID_ARGUMENT
    assert codes[0] == 3
