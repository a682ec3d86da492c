"""Checkpoints that are damaged, forged or foreign."""

import json
from pathlib import Path

import numpy as np
import pytest
from helpers.jobs import Watcher, contents, sha256

import nst_tf
from nst_tf.jobs.checkpoints import NOTE, checkpoint_files, read_checkpoint
from nst_tf.jobs.paint import State, resume
from nst_tf.storage.arrays import read_arrays, write_arrays


def spoiled_array(name, change):
    def spoil(file, _):
        arrays = read_arrays(file)
        changed = change(np.array(arrays.pop(name)))
        write_arrays(file, arrays if changed is None else {**arrays, name: changed})

    return spoil


def flipped(file, rng):
    data = bytearray(file.read_bytes())
    for place in rng.integers(0, len(data), 20):
        data[place] ^= 1 << int(rng.integers(8))
    file.write_bytes(data)


MUTATIONS = {
    "empty": lambda file, _: file.write_bytes(b""),
    "text": lambda file, _: file.write_text("I am no checkpoint"),
    "cut": lambda file, rng: file.write_bytes(file.read_bytes()[: int(rng.integers(1, file.stat().st_size))]),
    "flipped": flipped,
    "foreign": lambda file, _: write_arrays(file, {"block1_conv1/bias": np.zeros(64, np.float32)}),
    "nan": spoiled_array("state/first_moment", lambda array: array * np.nan),
    "shape": spoiled_array("state/image", lambda array: array[:, 1:]),
    "size": spoiled_array("state/average", lambda array: np.resize(array, (1, 400, 500, 3))),
    "type": spoiled_array("state/image", lambda array: array.astype(np.float64)),
    "missing": spoiled_array("state/second_moment", lambda _: None),
    "no note": spoiled_array(NOTE, lambda _: None),
    "note": spoiled_array(NOTE, lambda array: array[:-5]),
    "far": spoiled_array("taken", lambda array: array + 10**12),
    "stage": spoiled_array("stage", lambda array: array + 7),
    "stages": spoiled_array("stage", lambda array: np.stack([array, array])),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_checkpoints_that_are_all_damaged_are_refused_and_stay_as_they_are(name, kept, pictures, rng):
    for file in checkpoint_files(pictures / "run"):
        MUTATIONS[name](file, rng)
    before = contents(pictures)
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        resume(Path("run"))
    assert contents(pictures) == before


def test_a_damaged_checkpoint_gives_way_to_the_one_before_it(kept, pictures):
    newest = checkpoint_files(pictures / "run")[0]
    newest.write_bytes(newest.read_bytes()[:-40])
    watcher = Watcher()
    assert resume(Path("run"), on_event=watcher).state is State.FINISHED
    (trouble,) = (event for event in watcher.events if event.__class__.__name__ == "Trouble")
    assert trouble.harmless and f"{newest.name} is damaged" in trouble.message
    assert trouble.message.endswith("Going back to step 4.")
    assert sha256("out.png") == kept


@pytest.mark.parametrize("job", [{"output": 3}, {"content": None}, {"more": 1}, {"save_every": "often"}, {"home": []}])
def test_a_job_that_is_none_damages_its_checkpoint(job, kept, pictures):
    for file in checkpoint_files(pictures / "run"):
        arrays = read_arrays(file)
        note = json.loads(arrays[NOTE].tobytes())
        note["job"].update(job)
        write_arrays(file, {**arrays, NOTE: np.frombuffer(json.dumps(note).encode(), np.uint8)})
    with pytest.raises(ValueError, match=r"^run\S+ is damaged: [^\n]+$"):
        read_checkpoint(Path("run"))


def test_a_snapshot_in_a_checkpoint_is_one_for_the_library(kept, pictures):
    snapshot = nst_tf.Snapshot.load(checkpoint_files(pictures / "run")[0])
    assert (snapshot.step, snapshot.taken, snapshot.stage) == (5, 5, 0)
