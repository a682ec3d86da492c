"""What only the engine of TF Serving can show: many requests at once, deadlines, and broken input."""

import numpy as np
from model_requests import encoded, settings, smooth_picture, strings


def request(number):
    """A request of a size, style and number of steps of its own."""
    content, style = smooth_picture(number, 24 + 7 * (number % 3), 40), smooth_picture(number + 50, 36, 30 + number % 4)
    pictures = {"content_bytes": strings(encoded(content)), "style_bytes": strings(encoded(style))}
    return "stylize_bytes", pictures | settings(steps=1 + number % 4, size=(0, 32, 48)[number % 3])


def test_requests_at_once_get_the_bytes_that_they_get_alone(ask_c_library):
    requests = [request(number) for number in range(12)]
    (alone,) = ask_c_library(requests)
    together, again = ask_c_library(requests, requests[::-1], threads=6)
    texts = [answer["arrays"]["stylized_bytes"][0] for answer in alone["answers"]]
    assert len(set(texts)) == len(texts)
    assert [answer["arrays"]["stylized_bytes"][0] for answer in together["answers"]] == texts
    assert [answer["arrays"]["stylized_bytes"][0] for answer in again["answers"]][::-1] == texts


def test_a_deadline_ends_the_loop_and_the_session_goes_on(ask_c_library):
    name, inputs = request(1)
    endless = (name, inputs | {"steps": np.array([100_000], np.int32)})
    first, last = ask_c_library([endless, endless], [(name, inputs)], timeout_ms=3000)
    assert [answer["status"][0] for answer in first["answers"]] == [4, 4]  # DEADLINE_EXCEEDED
    assert last["answers"][0]["status"] is None or last["answers"][0]["status"][0] == 4


def test_broken_pictures_are_invalid_arguments_and_nothing_else(ask_c_library):
    name, good = request(2)
    rng, broken = np.random.default_rng(0), []
    for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP"):
        whole = encoded(smooth_picture(9, 30, 30), kind)
        for _ in range(6):
            damaged = bytearray(whole[: rng.integers(1, len(whole) + 1)])
            for place in rng.integers(0, len(damaged), 3):
                damaged[place] ^= 1 << int(rng.integers(8))
            broken.append((name, good | {"content_bytes": strings(bytes(damaged)), "steps": np.array([1], np.int32)}))
    (answered,) = ask_c_library([*broken, (name, good | {"content_bytes": strings(b"")})], threads=2)
    codes = {answer["status"][0] if answer["status"] else 0 for answer in answered["answers"]}
    assert codes <= {0, 3}  # a picture, or INVALID_ARGUMENT
    assert answered["answers"][-1]["status"][0] == 3
