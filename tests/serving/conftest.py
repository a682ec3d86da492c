"""One exported model for all tests of this folder, in all processes, and requests to TensorFlow's C library."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock
from helpers.model_requests import CONFIG, LIMITS, STYLES, encoded


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    from nst_tf_serving.saved_model.exporter import export

    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "models"
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "lock"):  # whichever of several processes comes first exports
        if not (folder / "nst" / "1").exists():
            for name, picture in STYLES.items():
                (folder / name).write_bytes(encoded(picture))
            export(folder / "nst", config=CONFIG, limits=LIMITS, styles={name: folder / name for name in STYLES})
    return folder / "nst" / "1"


@pytest.fixture(scope="session")
def names(exported):
    """From a signature to its inputs' and outputs' tensor names, as the C library wants them."""
    from tensorflow.python.saved_model import loader_impl

    definitions = loader_impl.parse_saved_model(str(exported)).meta_graphs[0].signature_def
    return {
        signature: (
            {name: each.name for name, each in sorted(definition.inputs.items())},
            {name: each.name for name, each in sorted(definition.outputs.items())},
        )
        for signature, definition in definitions.items()
    }


@pytest.fixture
def ask_c_library(exported, names, tmp_path):
    """Run rounds of `(signature, inputs)` by TensorFlow's C library in a process that never imports its Python."""

    def ask(*rounds, threads=(), timeouts_ms=()):
        task = {"folder": str(exported), "rounds": []}
        both = zip(threads or [1] * len(rounds), timeouts_ms or [0] * len(rounds), strict=True)
        for requests, (count, timeout_ms) in zip(rounds, both, strict=True):
            ready = []
            for signature, inputs in requests:
                keys, outputs = names[signature]
                feeds = {keys[name]: value for name, value in inputs.items()}
                ready.append({"feeds": feeds, "fetches": list(outputs.values()), "timeout_ms": timeout_ms})
            task["rounds"].append({"threads": count, "requests": ready})
        (tmp_path / "task.pickle").write_bytes(pickle.dumps(task))
        program = Path(__file__).parents[1].joinpath("helpers", "c_session.py")
        command = [sys.executable, program, tmp_path / "task.pickle", tmp_path / "answers.pickle"]
        finished = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert finished.returncode == 0, finished.stderr[-2000:]
        assert '"python_tensorflow": false' in finished.stdout
        answered = pickle.loads((tmp_path / "answers.pickle").read_bytes())
        for requests, answers in zip(rounds, answered, strict=True):
            for (signature, _), answer in zip(requests, answers["answers"], strict=True):
                if answer["arrays"] is not None:
                    answer["arrays"] = dict(zip(names[signature][1], answer["arrays"], strict=True))
        return answered

    return ask
