"""Clients of the jobs of the local server: they submit, watch, fetch or cancel, and say what became of the job.

TF Serving has no jobs, so the C library has no such clients. A process of its own paints the jobs, one at a time.
"""

import json
import random
import time
from typing import TYPE_CHECKING

from tools.soak.load.records import BUSY, LEFT, LOST, RIGHT, WRONG, Outcome
from tools.soak.load.works import PATIENCE, Scene, Work

if TYPE_CHECKING:
    import httpx

JOBS = "/v1/jobs"

CANCELED = 0.25
"""Share of the jobs that are canceled."""

SETTINGS = {"size": 48, "steps": 3, "coarse_steps": 2, "weights": "random"}

DONE = ("finished", "canceled")


def job_client(scene: Scene, chance: random.Random) -> Outcome:
    """Submit a job; fetch its painting when it has ended, or cancel it."""
    import httpx

    with httpx.Client(base_url=scene.rest, timeout=PATIENCE, trust_env=False) as server:
        submitted = submit(server, scene.works[0])
        if submitted.status_code in (429, 503):
            return Outcome(BUSY)
        if submitted.status_code != 202:
            return Outcome(LOST, f"{submitted.status_code}: {submitted.text}")
        address = submitted.headers["location"]
        if chance.random() < CANCELED:
            return _canceled(server, address, chance)
        waited, painted, state = _watched(server, address)
        if state != "finished":
            return Outcome(LOST, f"the job is {state}")
        png = _fetched(server, address)
    return Outcome(RIGHT, "", waited, painted) if png == scene.job else Outcome(WRONG, f"{len(png)} other bytes")


def painted_alone(rest: str, work: Work) -> bytes:
    """Return the painting of a job when nothing else is asked for.

    Raises:
        RuntimeError: If the server doesn't paint it.
    """
    import httpx

    with httpx.Client(base_url=rest, timeout=PATIENCE, trust_env=False) as server:
        submitted = submit(server, work)
        if submitted.status_code != 202:
            raise RuntimeError(f"The server takes no jobs: {submitted.status_code}: {submitted.text}")
        address = submitted.headers["location"]
        _, _, state = _watched(server, address)
        if state != "finished":
            raise RuntimeError(f"The job is {state}: {server.get(address).json()['error']}")
        return _fetched(server, address)


def submit(server: "httpx.Client", work: Work) -> "httpx.Response":
    """Send the pictures of a work as a job."""
    content, style = work.pictures
    files = {"content": ("photo.png", content), "style": ("painting.png", style)}
    return server.post(JOBS, files=files, data={"settings": json.dumps(SETTINGS)})


def _watched(server: "httpx.Client", address: str) -> tuple[float, float, str]:
    """Read a job's events to its end; returns the seconds of waiting and of painting, and the state."""
    asked, begun, state = time.monotonic(), None, ""
    with server.stream("GET", f"{address}/events") as events:
        for line in events.iter_lines():
            if line.startswith("data: "):
                state = json.loads(line.removeprefix("data: ")).get("state", "removed")
                if begun is None and state != "waiting":
                    begun = time.monotonic()
    end = time.monotonic()
    begun = end if begun is None else begun
    return begun - asked, end - begun, state


def _canceled(server: "httpx.Client", address: str, chance: random.Random) -> Outcome:
    """Cancel a job, and wait until it has ended; it may have finished before."""
    time.sleep(chance.uniform(0, 1))
    if server.delete(address).status_code == 204:  # it had ended before, and is removed
        return Outcome(LEFT)
    _, _, state = _watched(server, address)
    if state not in (*DONE, "removed"):
        return Outcome(LOST, f"a canceled job is {state or 'not found'}")
    if state != "removed":
        server.delete(address)
    return Outcome(LEFT)


def _fetched(server: "httpx.Client", address: str) -> bytes:
    """Fetch a painting, and remove its job."""
    png = server.get(f"{address}/result").content
    server.delete(address)
    return png
