from pathlib import Path

import pytest

from nst_tf.storage.free_memory import available_bytes, container_bytes

GIB = 2**30
V2 = ("memory.max", "memory.current", "inactive_file")
V1 = ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "total_inactive_file")


def write_group(folder, names, limit, used, idle):
    limit_file, used_file, idle_line = names
    (folder / limit_file).parent.mkdir(parents=True, exist_ok=True)
    (folder / limit_file).write_text(f"{limit}\n")
    (folder / used_file).write_text(f"{used}\n")
    (folder / limit_file).with_name("memory.stat").write_text(f"anon 1\n{idle_line} {idle}\nactive_file 7\n")


@pytest.fixture
def groups(tmp_path):
    """A folder in place of the system's, and the file that says which groups a process is in."""

    def left(own):
        (tmp_path / "own").write_text(own)
        return list(container_bytes(tmp_path / "groups", tmp_path / "own"))

    (tmp_path / "groups").mkdir()
    return tmp_path / "groups", left


@pytest.mark.parametrize(("names", "own"), [(V2, "0::/\n"), (V1, "9:cpu:/\n4:memory:/\n0::/\n")], ids=["v2", "v1"])
def test_pages_of_files_that_nobody_uses_count_as_free(names, own, groups):
    folder, left = groups
    write_group(folder, names, 4 * GIB, 3 * GIB, 2 * GIB)
    assert left(own) == [3 * GIB]


@pytest.mark.parametrize(
    ("limit", "used", "idle", "expected"),
    [
        ("max", GIB, 0, []),
        (4 * GIB, 5 * GIB, 0, [0]),
        (4 * GIB, GIB, 2 * GIB, [4 * GIB]),
        ("", "", 0, []),
    ],
)
def test_what_a_limit_leaves_lies_between_nothing_and_all_of_it(limit, used, idle, expected, groups):
    folder, left = groups
    write_group(folder, V2, limit, used, idle)
    assert left("0::/\n") == expected


def test_the_limits_of_groups_around_this_one_count_too(groups):
    folder, left = groups
    write_group(folder / "user.slice", V2, 2 * GIB, GIB, GIB // 2)
    write_group(folder / "user.slice" / "run.scope", V2, "max", GIB, 0)
    assert left("0::/user.slice/run.scope\n") == [1.5 * GIB]


def test_a_container_whose_group_has_the_hosts_name_is_the_first(groups):
    folder, left = groups
    write_group(folder, V1, 4 * GIB, GIB, 0)
    assert left("4:memory,hugetlb:/docker/0123\n") == [3 * GIB]


def test_no_limit_that_can_be_read_is_none(groups):
    folder, left = groups
    assert left("0::/\n") == left("") == []
    (folder / "memory.max").write_text(f"{GIB}\n")
    assert left("0::/\n") == []
    assert list(container_bytes(Path("/nowhere"), Path("/nowhere"))) == []


def test_this_machine_has_memory():
    assert available_bytes() > 0
