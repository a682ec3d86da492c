"""The kinds of clients of a load test, and how many there are of each."""

import random
from collections.abc import Callable

from nst_tf_serving.client.transport import ServerError
from tools.soak.load.grpc_clients import grpc_bad, grpc_client, grpc_hanging_up
from tools.soak.load.job_clients import job_client
from tools.soak.load.records import LOST, Outcome
from tools.soak.load.rest_clients import rest_bad, rest_client, rest_hanging_up, rest_slow
from tools.soak.load.works import PATIENCE, Scene, compared

SLICE_SECONDS = 0.2
"""Seconds of a slice, so that even a small painting takes several."""


def rest_slices(scene: Scene, chance: random.Random) -> Outcome:
    """Ask for a painting in slices over REST."""
    return _in_slices(scene.rest, scene, chance)


def grpc_slices(scene: Scene, chance: random.Random) -> Outcome:
    """Ask for a painting in slices over gRPC."""
    return _in_slices(f"grpc://{scene.grpc}", scene, chance)


def _in_slices(url: str, scene: Scene, chance: random.Random) -> Outcome:
    """Ask as `nst-tf request` does, which asks again where the queue is full."""
    from nst_tf_serving.client.painting import request_painting
    from nst_tf_serving.client.slices import SliceOptions

    work = chance.choice(scene.works)
    options = SliceOptions(seconds=SLICE_SECONDS, patience=PATIENCE)
    content, style = work.pictures
    try:
        served = request_painting(url, content, style, settings=work.settings, timeout=PATIENCE, slices=options)
    except ServerError as error:
        return Outcome(LOST, str(error))
    return compared(served.png, work)


Kind = Callable[[Scene, random.Random], Outcome]

KINDS: dict[str, tuple[Kind, int]] = {
    "REST": (rest_client, 2),
    "REST, in slices": (rest_slices, 2),
    "gRPC": (grpc_client, 3),
    "gRPC, in slices": (grpc_slices, 2),
    "REST, sent slowly": (rest_slow, 2),
    "REST, bad": (rest_bad, 1),
    "gRPC, bad": (grpc_bad, 1),
    "REST, hang up": (rest_hanging_up, 1),
    "gRPC, hang up": (grpc_hanging_up, 1),
    "jobs, some canceled": (job_client, 1),
}
"""Name to kind, and its share of 16 clients."""


def kind_of(client: int) -> tuple[str, Kind]:
    """Return the kind of a client, by its number."""
    names = [name for name, (_, share) in KINDS.items() for _ in range(share)]
    name = names[client % len(names)]
    return name, KINDS[name][0]
