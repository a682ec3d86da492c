"""Paintings in slices by TensorFlow's C library, in a process that never imports its Python.

Run as a program, it loads an export into two sessions, paints each request in slices that are cut at random places and
move between the sessions, perhaps in one call as well, and sends mutated states; see `main`.
"""

import json
import pickle
import sys
from pathlib import Path

import numpy as np
from c_session import Session, answer


class Model:
    """An export in two sessions, called by signature."""

    def __init__(self, folder, names):
        self.sessions, self.names = [Session(folder), Session(folder)], names

    def ask(self, number, signature, inputs):
        """Return outputs by name, or the status."""
        keys, outputs = self.names[signature]
        feeds = {keys[name]: value for name, value in inputs.items()}
        answered = answer(self.sessions[number], {"feeds": feeds, "fetches": list(outputs.values())})
        if answered["arrays"] is None:
            return answered["status"]
        return dict(zip(outputs, answered["arrays"], strict=True))


def texts(*parts):
    return np.array(parts, object)


def in_slices(model, run, rng):
    """Paint one request in slices; return the last outputs, and each slice's inputs with its number of steps."""
    named = "_named" if "style_name" in run["pictures"] else ""
    begun = model.ask(0, f"begin{named}", {**run["pictures"], **run["settings"]})
    outputs, slices = begun, []
    while not slices or not outputs["stylized_bytes"][0]:
        steps = int(rng.integers(1, begun["planned"][0] + 1)) if rng.random() < 0.3 else int(rng.integers(1, 5))
        inputs = {**run["pictures"], "state_bytes": outputs["state_bytes"]}
        slices.append(inputs)
        asked = {"steps": np.array([steps], np.int32), "preview": np.array([rng.choice([0, 24])], np.int32)}
        outputs = model.ask(int(rng.integers(2)), f"advance{named}", {**inputs, **asked})
    return outputs, slices


def mutated(state, rng):
    """Flip bits, cut, lengthen, overwrite, swap halves, or double a part."""
    data, kind = bytearray(state), rng.integers(6)
    at = int(rng.integers(min(len(data), 200) if rng.random() < 0.5 else len(data)))
    if kind == 0:
        data[at] ^= 1 << int(rng.integers(8))
    elif kind == 1:
        del data[at:]
    elif kind == 2:
        data += rng.integers(0, 256, int(rng.choice([1, 4, 100, 10_000_000])), np.uint8).tobytes()
    elif kind == 3:
        data[at : at + 4] = bytes([rng.choice([0, 1, 0x7F, 0x80, 0xFF])]) * 3 + bytes([data[at] ^ 0x55])
    elif kind == 4:
        data = data[at + 1 :] + data[: at + 1] + b"?"
    else:
        data[at:at] = data[: at + 1]
    return bytes(data)


def main():
    """Read a task `{"folder", "names", "runs", "one_call", "mutations", "seed"}` from a file; write what came of it."""
    task = pickle.loads(Path(sys.argv[1]).read_bytes())
    rng = np.random.default_rng(task["seed"])  # before the library, whose symbols hide those of Python's OpenSSL
    model = Model(task["folder"], task["names"])
    painted, sent = [], []
    for run in task["runs"]:
        outputs, slices = in_slices(model, run, rng)
        painted.append({"sliced": outputs, "slices": len(slices)})
        if task["one_call"]:
            named = "stylize_named" if "style_name" in run["pictures"] else "stylize_bytes"
            painted[-1]["whole"] = model.ask(0, named, {**run["pictures"], **run["settings"]})
        sent += slices
    asked, statuses = {"steps": np.array([1], np.int32), "preview": np.array([0], np.int32)}, []
    for _ in range(task["mutations"]):
        inputs = sent[int(rng.integers(len(sent)))]
        named = "advance_named" if "style_name" in inputs else "advance"
        state = texts(mutated(inputs["state_bytes"][0], rng))
        statuses.append(model.ask(int(rng.integers(2)), named, {**inputs, **asked, "state_bytes": state}))
    Path(sys.argv[2]).write_bytes(pickle.dumps({"painted": painted, "statuses": statuses}))
    sys.stdout.write(json.dumps({"python_tensorflow": "tensorflow" in sys.modules}))


if __name__ == "__main__":
    main()
