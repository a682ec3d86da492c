"""A real Ray cluster of several nodes on this machine: one is killed, one is added, and nothing is lost."""

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
