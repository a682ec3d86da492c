import io
import zipfile

import numpy as np
import pytest

from nst_tf.storage.arrays import read_arrays, write_arrays

ARRAYS = {"a/b": np.arange(60, dtype=np.float32).reshape(3, 4, 5), "scalar": np.int64(7), "text": np.zeros(0, np.uint8)}


@pytest.fixture
def file(tmp_path):
    write_arrays(tmp_path / "arrays.npz", ARRAYS)
    return tmp_path / "arrays.npz"


def test_what_was_written_comes_back_and_numpy_can_read_it(file):
    found = read_arrays(file)
    with np.load(file, allow_pickle=False) as theirs:
        assert set(found) == set(theirs.files) == set(ARRAYS)
        for name, array in ARRAYS.items():
            np.testing.assert_array_equal(found[name], array, strict=True)
            np.testing.assert_array_equal(theirs[name], array, strict=True)


def test_a_file_cut_anywhere_is_damaged(file):
    whole = file.read_bytes()
    for length in range(0, len(whole), 7):
        file.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"^\S+arrays.npz is damaged, or not a file of nst-tf: [^\n]*$"):
            read_arrays(file)


def test_a_flipped_bit_is_noticed_or_changes_nothing(file, rng):
    whole, noticed = file.read_bytes(), 0
    for place in rng.integers(0, 8 * len(whole), 400):
        changed = bytearray(whole)
        changed[place // 8] ^= 1 << place % 8
        file.write_bytes(changed)
        try:
            found = read_arrays(file)
        except ValueError:
            noticed += 1
        else:
            equal = [np.array_equal(found[name], ARRAYS[name]) for name in set(found) & set(ARRAYS)]
            assert all(equal)
    assert noticed > 200


def claiming(shape, kind="<f4"):
    """The bytes of an array that claims to be of some shape, and has three values."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": kind, "fortran_order": False, "shape": shape})
    return stream.getvalue() + bytes(12)


@pytest.mark.parametrize(
    "member",
    [
        claiming((10**9, 10**9)),
        claiming((2,)),
        claiming((3,), "|O"),
        claiming((-3,)),
        b"",
        b"\x93NUMPY\x02\x00",
        b"text",
    ],
    ids=["huge", "short", "objects", "negative", "empty", "version", "text"],
)
def test_an_array_that_is_not_what_it_claims_is_refused(member, tmp_path):
    path = tmp_path / "odd.npz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("odd.npy", member)
    with pytest.raises(ValueError, match=r"odd\.npz is damaged"):
        read_arrays(path)


def test_a_file_that_unpacks_to_more_than_it_is_is_refused(tmp_path):
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, zeros=np.zeros(10**6))
    with pytest.raises(ValueError, match="claims to be larger than it is"):
        read_arrays(path)


def test_a_file_that_is_not_there_is_called_so(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "nothing.npz")
