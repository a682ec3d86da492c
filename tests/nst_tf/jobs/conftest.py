"""Runs that are finished, interrupted, or killed just before their painting was put in its place."""

import pytest
from helpers.jobs import interrupt, make_job, sha256

from nst_tf.jobs.paint import paint


@pytest.fixture
def whole(pictures):
    """The hash of a painting whose run nobody interrupted."""
    paint(make_job())
    found = sha256("out.png")
    (pictures / "out.png").unlink()
    return found


@pytest.fixture
def kept(whole):
    """A folder `run` with a run that was interrupted at step 5; provides the hash of what it should become."""
    interrupt(5)
    return whole


@pytest.fixture
def finished(kept, pictures):
    """The same, but killed when the painting was in the run's folder and not yet in its place."""
    paint(make_job(output=pictures / "whole.png"))
    (pictures / "whole.png").rename(pictures / "run" / "finished.png")
    return kept
