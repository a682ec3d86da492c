"""Paint a batch on a Ray cluster: an actor per slot, each with its own compiled loop, which it keeps warm.

The cluster's nodes need this package, and the same paths for all files that are no URLs. An actor that is lost gives
its picture back, and another one continues it from its last checkpoint, which lies beside the result.
"""

import dataclasses
import time
from collections.abc import Callable
from typing import Any

from nst_tf.batch.actor import Painter
from nst_tf.batch.cluster import Cluster
from nst_tf.batch.events import BatchTrouble, OnBatchEvent, PictureProgress, PictureStarted
from nst_tf.batch.ray_connection import connected
from nst_tf.batch.schedule import Schedule
from nst_tf.errors import error_reason
from nst_tf.jobs.job import Job

POLL_SECONDS = 0.5
"""Time between two looks at what the actors do."""

GROW_SECONDS = 5.0
"""Time between two looks at how large the cluster is."""

PATIENCE = 120.0
"""Seconds after which a cluster that has no slot for a picture is reported, and then again."""


LARGEST_REQUEST = 1000
"""Slots that an autoscaling cluster is asked for at once, at most."""

STARTS = 5
"""Processes that may fail while they start, one after the other, before the batch gives up."""


@dataclasses.dataclass(eq=False)
class _Slot:
    """An actor, and what it does.

    Attributes:
        actor: Its handle.
        ready: Resolves when it has started; None once it has.
        index: The picture that it paints; None if it is idle.
        result: Resolves to the picture's attempt.
        progress: Resolves to the picture's progress; None if nobody has asked.
        step: How far the picture has come.
    """

    actor: Any
    ready: Any
    index: int | None = None
    result: Any = None
    progress: Any = None
    step: int = 0


def paint_on_cluster(
    schedule: Schedule, cluster: Cluster, *, on_event: OnBatchEvent, should_stop: Callable[[], bool]
) -> None:
    """Paint what a schedule holds.

    Args:
        schedule: The pictures; the first is painted first.
        cluster: The cluster, and what a picture takes of it.
        on_event: Receives the events of the batch.
        should_stop: Asked twice a second; returning `True` saves what is being painted, and ends the batch.

    Raises:
        ValueError: If Ray is missing.
        ConnectionError: If the cluster can't be reached.
        RuntimeError: If no process can be started on it.
    """
    with connected(cluster):
        _Driver(schedule, cluster, on_event).run(should_stop)


class _Driver:
    """Keeps every slot of the cluster busy until the schedule is empty."""

    def __init__(self, schedule: Schedule, cluster: Cluster, on_event: OnBatchEvent) -> None:
        """Start no actor yet."""
        self._schedule, self._cluster, self._on_event = schedule, cluster, on_event
        self._slots: list[_Slot] = []
        self._grown = self._reported = float("-inf")
        self._failed_starts = self._requested = 0
        self._stopping = False

    def run(self, should_stop: Callable[[], bool]) -> None:
        """Paint until nothing waits and nothing is painted."""
        import ray

        try:
            while len(self._schedule) or any(slot.index is not None for slot in self._slots):
                if should_stop() and not self._stopping:
                    self._stop()
                self._grow()
                self._assign()
                self._collect()
        finally:
            self._request(0)
            for slot in self._slots:
                ray.kill(slot.actor)

    def _stop(self) -> None:
        """Ask all actors to save what they paint; begin nothing more."""
        self._stopping = self._schedule.stopped = True
        for slot in self._slots:
            slot.actor.stop.remote()

    def _request(self, pictures: int) -> None:
        """Ask an autoscaling cluster for as many slots as there are pictures; others ignore it."""
        from ray.autoscaler.sdk import request_resources

        pictures = min(pictures, LARGEST_REQUEST)
        if pictures == self._requested:
            return
        self._requested = pictures
        share = {"CPU": self._cluster.cpus_per_picture}
        if self._cluster.gpus_per_picture:
            share["GPU"] = max(1, round(self._cluster.gpus_per_picture))
        request_resources(bundles=[share] * pictures)

    def _grow(self) -> None:
        """Start an actor for every slot that the cluster has and that is not used, as far as pictures wait."""
        if time.monotonic() - self._grown < GROW_SECONDS or self._stopping:
            return
        self._grown = time.monotonic()
        idle = sum(slot.index is None for slot in self._slots)
        self._request(len(self._schedule) + len(self._slots) - idle)
        free = self._count_slots() - len(self._slots)
        for _ in range(min(free, len(self._schedule) - idle)):
            self._slots.append(self._start())

    def _count_slots(self) -> int:
        """Return how many actors fit on the nodes of the cluster, if nobody else uses them."""
        import ray

        count = 0
        untyped: Any = ray
        nodes: list[dict[str, Any]] = untyped.nodes()
        for node in nodes:
            resources = node["Resources"] if node["Alive"] else {}
            slots = resources.get("CPU", 0.0) // self._cluster.cpus_per_picture
            if self._cluster.gpus_per_picture:
                slots = min(slots, resources.get("GPU", 0.0) // self._cluster.gpus_per_picture)
            count += int(slots)
        if count == 0 and time.monotonic() - self._reported > PATIENCE:
            share = f"{self._cluster.cpus_per_picture} cores and {self._cluster.gpus_per_picture:g} GPUs"
            self._on_event(BatchTrouble(message=f"No node of the cluster has {share}, which a picture takes; waiting."))
            self._reported = time.monotonic()
        return count

    def _start(self) -> _Slot:
        import ray

        share = {"num_cpus": self._cluster.cpus_per_picture, "num_gpus": self._cluster.gpus_per_picture}
        # One thread paints, the other answers; `spread` uses all nodes before two actors share one.
        options = ray.remote(Painter).options(**share, max_concurrency=2, max_restarts=0, scheduling_strategy="SPREAD")
        actor: Any = options.remote(self._cluster.cpus_per_picture)
        return _Slot(actor=actor, ready=actor.ready.remote())

    def _assign(self) -> None:
        for slot in self._slots:
            if slot.ready is None and slot.index is None and (index := self._schedule.take()) is not None:
                job = self._schedule.jobs[index]
                slot.index, slot.result = index, slot.actor.paint.remote(_portable(job))
                self._on_event(PictureStarted(index=index, job=job))

    def _collect(self) -> None:
        """Wait a moment, and take what has come: actors that are ready, pictures that ended, progress."""
        import ray

        waiting = [ref for slot in self._slots for ref in (slot.ready, slot.result) if ref is not None]
        if not waiting:
            time.sleep(POLL_SECONDS)
            return
        done = set(ray.wait(waiting, num_returns=1, timeout=POLL_SECONDS)[0])
        done |= set(ray.wait(waiting, num_returns=len(waiting), timeout=0)[0])
        for slot in list(self._slots):
            if slot.ready in done:
                self._take(slot, slot.ready)
            elif slot.result in done:
                self._take(slot, slot.result)
            elif slot.result is not None:
                self._ask(slot)

    def _take(self, slot: _Slot, ref: Any) -> None:
        """Take an actor's answer, or give its picture back if it has died."""
        import ray

        try:
            answer = ray.get(ref)
        except ray.exceptions.RayError as error:
            self._slots.remove(slot)
            ray.kill(slot.actor)
            self._grown = float("-inf")
            reason = error_reason(error).partition(" The actor ")[0]
            if slot.index is not None:
                self._schedule.give_back(slot.index, reason, step=slot.step)
            else:
                self._count_failed_start(error, reason)
            return
        if ref is slot.ready:
            slot.ready, self._failed_starts = None, 0
        elif slot.index is not None:
            self._schedule.end(slot.index, answer)
            slot.index = slot.result = slot.progress = None
            slot.step = 0

    def _count_failed_start(self, error: Exception, reason: str) -> None:
        """Try again in a while, unless a process fails by itself, as it would every time."""
        self._failed_starts += "creation task" in str(error)
        if self._failed_starts >= STARTS:
            raise RuntimeError(f"No process that paints can be started on the cluster: {reason}") from error
        self._grown = time.monotonic()
        self._on_event(BatchTrouble(message=f"A process that paints did not start; trying again. {reason}"))

    def _ask(self, slot: _Slot) -> None:
        """Take the progress of a picture, and ask again; a dead actor shows elsewhere."""
        import ray

        if slot.progress is not None and ray.wait([slot.progress], timeout=0)[0]:
            try:
                now = ray.get(slot.progress)
            except ray.exceptions.RayError:
                now = None
            slot.progress = None
            if now and slot.index is not None:
                slot.step = now["step"]
                self._on_event(PictureProgress(index=slot.index, **now))
        if slot.progress is None:
            slot.progress = slot.actor.progress.remote()


def _portable(job: Job) -> Job:
    """Return a job that means the same in any folder of any node, with the filters that `auto` stands for here."""
    from nst_tf.weights.sources import load_weights

    if job.config.weights == "auto":
        job = dataclasses.replace(job, config=dataclasses.replace(job.config, weights=load_weights("auto").name))
    return job.absolute()
