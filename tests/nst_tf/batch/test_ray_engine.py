"""A real Ray cluster of several nodes on this machine: one is killed, one is added, and nothing is lost."""

import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.batches import draw, make_job
from helpers.jobs import sha256

import nst_tf
from nst_tf.batch.cluster import Cluster
from nst_tf.batch.events import BatchTrouble, PictureEnded

ray = pytest.importorskip("ray", reason="Ray is not installed")


@pytest.fixture
def nodes(monkeypatch):
    """A cluster of two nodes with one core each, and this process connected to it."""
    from tools.soak.nodes import LocalCluster

    with LocalCluster(2) as cluster:
        ray.init(address=cluster.address, logging_level="ERROR", log_to_driver=False)
        yield cluster
        ray.shutdown()


@pytest.fixture
def many(folder):
    """Jobs for eight small photographs, and the hashes of their paintings when painted in this process."""
    jobs = []
    for number in range(8):
        draw(Path(f"photos/{number}.jpg"), (32 + number, 40), number)
        jobs.append(make_job(number, output=f"here/{number}.png"))
    records = nst_tf.paint_all(jobs)
    return [make_job(number, checkpoint_every=1) for number in range(8)], [sha256(each.output) for each in records]


@pytest.mark.cluster
def test_a_node_is_killed_and_one_added_and_every_painting_is_there_once(many, nodes):
    jobs, wanted = many
    events = []

    def disturb(event):
        """Kill a node when the first picture has ended, and add another."""
        events.append(event)
        if isinstance(event, PictureEnded) and sum(isinstance(each, PictureEnded) for each in events) == 1:
            nodes.kill(1)
            nodes.add()

    records = nst_tf.paint_all(jobs, cluster=Cluster(address=nodes.address), on_event=disturb)
    assert [record.status.value for record in records] == ["painted"] * 8, [record.error for record in records]
    assert [sha256(record.output) for record in records] == wanted
    ended = [event.index for event in events if isinstance(event, PictureEnded)]
    assert sorted(ended) == list(range(8))
    assert any(isinstance(event, BatchTrouble) for event in events)
    assert sorted(path.name for path in Path("out").iterdir()) == [f"{number}.png" for number in range(8)]


DRIVER = """
import pickle, sys
import nst_tf
from nst_tf.batch.cluster import Cluster

nst_tf.paint_all(pickle.loads(open("jobs", "rb").read()), cluster=Cluster(address=sys.argv[1]))
"""


@pytest.mark.cluster
def test_a_driver_is_killed_and_the_next_one_paints_the_rest(many, nodes):
    jobs, wanted = many
    Path("jobs").write_bytes(pickle.dumps(jobs))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, nodes.address], env=environment)
    while not list(Path("out").glob("*.png")):
        assert driver.poll() is None
        time.sleep(0.05)
    driver.kill()
    driver.wait()
    records = nst_tf.paint_all(jobs, cluster=Cluster(address=nodes.address), retries=2)
    assert {record.status.value for record in records} <= {"painted", "skipped"}, [each.error for each in records]
    assert "skipped" in {record.status.value for record in records}
    assert [sha256(record.output) for record in records] == wanted
    assert sorted(path.name for path in Path("out").iterdir()) == [f"{number}.png" for number in range(8)]


def test_a_picture_whose_process_dies_every_time_is_given_up(folder):
    from nst_tf.batch.schedule import LOSSES, Schedule

    jobs, events = [make_job(0), make_job(1)], []
    schedule = Schedule(jobs, [0, 1], retries=0, fail_fast=False, on_event=events.append)
    for step in (3, 2, 5, 5, 1):  # as long as it gets further, nothing is wrong with it
        assert schedule.take() == 0
        schedule.give_back(0, "Killed.", step=step)
    assert schedule.take() == 1 and schedule.take() is None
    assert schedule.records()[0].error == f"The process that painted it died {LOSSES} times, the last time: Killed."
    assert [type(event).__name__ for event in events] == ["BatchTrouble"] * 4 + ["PictureEnded"]


def test_a_cluster_that_does_not_answer_is_one_sentence(folder):
    with pytest.raises(ConnectionError, match=r"No Ray cluster answers at 127.0.0.1:9"):
        nst_tf.paint_all([make_job(0)], cluster=Cluster(address="127.0.0.1:9"))
    with pytest.raises(ValueError, match="must be auto or HOST:PORT; got 'there'"):
        nst_tf.paint_all([make_job(0)], cluster=Cluster(address="there"))
    for options in ({"cpus_per_picture": 0}, {"gpus_per_picture": -1.0}):
        with pytest.raises(ValueError, match="_per_picture must be a"):
            Cluster(**options)


def test_the_example_of_a_cluster_is_one_that_ray_takes():
    import yaml
    from ray.autoscaler._private.util import prepare_config, validate_config

    text = Path(__file__).parents[3].joinpath("examples", "ray-cluster.yaml").read_text()
    validate_config(prepare_config(yaml.safe_load(text)))
