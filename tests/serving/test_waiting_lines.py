"""The queue of the local server: slices of paintings that have begun, and new requests, share its time."""

import threading
import time
from collections import Counter

import pytest

from nst_tf_serving.rest.refusals import RequestError
from nst_tf_serving.server.job_queue import JobQueue
from nst_tf_serving.server.waiting_lines import SAVED_SECONDS, Line, WaitingLines, line_of

SLICED, WHOLE = Line.SLICED, Line.WHOLE


class Time:
    """A clock that jobs move on."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Bench:
    """One thread, held until all jobs wait; each job notes its name and takes some seconds of the clock."""

    def __init__(self, queue=100, pause=0.0):
        self.time, self.ran, self.go = Time(), [], threading.Event()
        self.workers = JobQueue(1, queue, clock=self.time, pause=pause)
        self.jobs = [self.workers.submit(self.go.wait)]

    def add(self, name, line, seconds, client=""):
        def job():
            self.ran.append((name, self.time.now))
            self.time.now += seconds

        self.jobs.append(self.workers.submit(job, line, client))

    def order(self):
        self.go.set()
        for job in self.jobs:
            job.result(10)
        return [name for name, _ in self.ran]


def test_a_slice_goes_before_new_requests_that_came_first():
    bench = Bench()
    for name in "abc":
        bench.add(name, WHOLE, 1.0)
    bench.add("slice", SLICED, 1.0)
    assert bench.order() == ["slice", "a", "b", "c"]


def test_neither_line_gets_more_than_half_of_the_time_while_both_wait():
    bench = Bench()
    for _ in range(10):
        bench.add("new", WHOLE, 10.0)
    for _ in range(100):
        bench.add("slice", SLICED, 1.0)
    bench.order()
    half = Counter(name for name, begun in bench.ran if begun < 100)
    assert half["new"] * 10 == pytest.approx(half["slice"], abs=10) and half["new"] == 5


def test_a_painting_in_slices_takes_about_twice_its_time_while_new_requests_wait():
    bench, begun = Bench(pause=10.0), []
    workers, clock = bench.workers, bench.time

    def slice_of():
        begun.append(clock.now)
        clock.now += 1.0

    def paint():
        for _ in range(20):  # each slice is asked for when the one before is there
            workers.submit(slice_of, SLICED).result(10)

    client = threading.Thread(target=paint)

    def new():
        clock.now += 10.0
        while client.is_alive() and not workers._lines.length(SLICED):
            time.sleep(0.001)  # 10 s are enough to ask for the next slice

    for _ in range(50):
        workers.submit(new)
    client.start()
    while not workers._lines.length(SLICED):
        time.sleep(0.001)
    bench.go.set()
    client.join()
    assert len(begun) == 20 and begun[-1] <= 2 * 20 + 10


def test_a_slice_that_never_comes_holds_a_thread_for_the_pause_only():
    bench = Bench(pause=0.001)
    bench.add("slice", SLICED, 0.0)
    bench.add("new", WHOLE, 1.0)
    assert bench.order() == ["slice", "new"]


def test_a_line_that_was_empty_has_saved_little_up():
    lines, taken = WaitingLines(), []
    lines.charge(WHOLE, 1000.0)
    for _ in range(200):
        lines.add("new", WHOLE, "")
        lines.add("slice", SLICED, "")
    for _ in range(200):
        taken.append(lines.take())
        lines.charge(SLICED if taken[-1] == "slice" else WHOLE, 1.0)
    assert Counter(taken)["slice"] - Counter(taken)["new"] == SAVED_SECONDS


@pytest.mark.parametrize("line", Line)
def test_clients_take_turns_and_keep_their_own_order(line):
    bench = Bench()
    for name, client in (("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b"), ("c1", "c"), ("b2", "b")):
        bench.add(name, line, 1.0, client)
    assert bench.order() == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_each_line_has_its_own_room():
    bench = Bench(queue=2)
    for line in (WHOLE, WHOLE, SLICED, SLICED):
        bench.add(line.value, line, 1.0)
    for line in Line:
        with pytest.raises(RequestError, match="queue is full") as caught:
            bench.add("more", line, 1.0)
        assert caught.value.status == 429
    assert len(bench.order()) == 4


def test_a_request_that_leaves_makes_room_and_never_runs():
    bench = Bench(queue=1)
    bench.add("left", SLICED, 1.0)
    assert bench.jobs.pop().cancel()
    bench.add("stayed", SLICED, 1.0)
    assert bench.order() == ["stayed"]


def test_a_job_that_fails_tells_its_caller_and_the_next_one_runs():
    workers = JobQueue(1, 1)
    failed, after = workers.submit(lambda: 1 // 0), workers.submit(lambda: 2)
    assert isinstance(failed.exception(10), ZeroDivisionError) and after.result(10) == 2


def test_whoever_has_an_answer_finds_a_free_thread():
    workers = JobQueue(1, 0)
    assert [workers.submit(lambda: 1).result(10) for _ in range(300)] == [1] * 300


def test_what_a_painting_in_slices_asks_for_waits_in_a_line_of_its_own():
    sliced = {"begin", "begin_default", "begin_named", "advance", "advance_named"}
    names = {*sliced, "stylize", "stylize_bytes", "serving_default", "advances", ""}
    assert {name for name in names if line_of(name) is SLICED} == sliced
