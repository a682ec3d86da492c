import io
import os
import pickle

import numpy as np
import pytest
from helpers.torch_archives import STORAGES, archive, integer, shape, state, tensor, text

from nst_tf.weights.torch_archive import MOST_PICKLED, read_tensors

TENSORS = {
    "q": np.arange(54, dtype=np.uint8).reshape(2, 3, 3, 3),
    "table": np.linspace(-1, 1, 256, dtype=np.float32),
}


def assert_equal(read, tensors):
    assert list(read) == list(tensors)
    for name, array in tensors.items():
        assert read[name].dtype == array.dtype
        np.testing.assert_array_equal(read[name], array)


def test_tensors_come_back_to_the_bit():
    assert_equal(read_tensors(archive(TENSORS)), TENSORS)


def test_pytorch_reads_what_the_tests_write_and_writes_what_is_read():
    torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")
    theirs = torch.load(io.BytesIO(archive(TENSORS)), weights_only=True)
    assert_equal({name: array.numpy() for name, array in theirs.items()}, TENSORS)
    stream = io.BytesIO()
    torch.save(theirs, stream, _use_new_zipfile_serialization=False)
    assert_equal(read_tensors(stream.getvalue()), TENSORS)


class Hostile:
    def __reduce__(self):
        return os.system, ("touch was-here",)


def renamed(array, name):
    """A tensor that is rebuilt by something else."""
    return tensor(array, "0").replace(b"torch._utils\n_rebuild_tensor_v2\n", name)


Q = TENSORS["q"]
BODIES = {
    "a call of the system": (pickle.dumps(Hostile(), 2)[2:-1], "refers to 'posix.system'"),
    "a call instead of a tensor": (b"}(" + text("q") + renamed(Q, b"builtins\neval\n") + b"u", "'builtins.eval'"),
    "protocol 4": (pickle.dumps(Hostile(), 4)[2:-1], "uses FRAME"),
    "an instance": (b"(cos\nsystem\no", "refers to 'os.system'"),
    "a state that is set": (b"}N}b", "uses BUILD"),
    "a giant memo": (b"}r\xff\xff\xff\x7fa", "uses APPEND, "),
    "a value that was not kept": (b"}q\0h\7", "refers to what is not there"),
    "an empty stack": (b"t", "refers to what is not there"),
    "a reduction of nothing": (b"R", "takes what is not there"),
    "two values": (b"}}", "leaves more than one value"),
    "a giant text": (b"X\xff\xff\xff\xff", "expected 4294967295 bytes"),
    "a list": (b"]", "holds no tensors"),
    "names that are numbers": (b"}(" + integer(1) + integer(2) + b"u", "names are not distinct strings"),
    "a name twice": (b"}(" + 2 * (text("q") + tensor(Q, "0")) + b"u", "names are not distinct strings"),
    "a giant storage": (
        b"}(" + text("q") + tensor(Q, "0", elements=2**31 - 1) + b"u",
        "ends within a storage",
    ),
    "a negative storage": (b"}(" + text("q") + tensor(Q, "0", elements=-1) + b"u", "size is not a number"),
    "strides of zero": (b"}(" + text("q") + tensor(Q, "0", strides=[0, 0, 0, 0]) + b"u", "shape has no numbers"),
    "strides backward": (b"}(" + text("q") + tensor(Q, "0", strides=[1, 2, 6, 18]) + b"u", "is not contiguous"),
    "a storage of another kind": (
        b"}(" + text("q") + tensor(Q, "0").replace(STORAGES["uint8"].encode(), b"torch\nHalfStorage\n") + b"u",
        "refers to 'torch.HalfStorage'",
    ),
    "a huge integer": (b"}(" + text("q") + b"\x8b\x00\x00\x00\x40", "not enough data"),
}


@pytest.mark.parametrize("kind", BODIES)
def test_what_no_file_of_tensors_holds_is_refused(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    body, complaint = BODIES[kind]
    with pytest.raises(ValueError, match=complaint):
        read_tensors(archive({"q": Q}, body=body))
    assert not list(tmp_path.iterdir())


def test_doubled_tuples_take_no_time():
    """Each is twice the one before; to hash or to compare the last one would take years."""
    doubled = b"".join(b"q" + bytes([n]) + b"(h" + bytes([n]) + b"h" + bytes([n]) + b"t" for n in range(200))
    with pytest.raises(ValueError, match="names are not distinct strings"):
        read_tensors(archive({}, body=b"}()" + doubled + b"Nu"))


def test_pickles_that_do_not_end_are_refused():
    with pytest.raises(ValueError, match="exhausted before seeing STOP"):
        read_tensors(archive({"q": Q}, body=b")" * MOST_PICKLED))


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        (b"](" + 2 * text("0") + b"e", "storages are not those"),
        (b"](" + text("1") + b"e", "storages are not those"),
        (b"](" + integer(0) + b"e", "no list of storages"),
        (shape([1]), "no list of storages"),
    ],
)
def test_keys_that_are_not_the_tensors_are_refused(keys, complaint):
    with pytest.raises(ValueError, match=complaint):
        read_tensors(archive({"q": Q}, keys=keys))


def test_lengths_are_held_to_the_file():
    data = archive(TENSORS)
    with pytest.raises(ValueError, match="ends within a storage"):
        read_tensors(data[:-1])
    with pytest.raises(ValueError, match="more after its last storage"):
        read_tensors(data + b"\0")
    other = {"q": Q, "table": np.zeros(257, np.float32)}
    with pytest.raises(ValueError, match="another size"):
        read_tensors(archive(other, body=state(TENSORS)))


def test_other_files_are_refused():
    for data in (b"", b"PK\3\4", pickle.dumps({}), bytes(100)):
        with pytest.raises(ValueError, match=r"\w"):
            read_tensors(data)
