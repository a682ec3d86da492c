"""Which pictures a folder, a glob or a manifest means, in which styles and settings, and the names of their results."""

import json
import os
from pathlib import Path

import pytest
from helpers.batches import draw

from nst_tf import StyleConfig
from nst_tf.batch.inputs import find_pictures
from nst_tf.batch.joblist import Wanted, make_jobs
from nst_tf.batch.manifest import read_manifest
from nst_tf.batch.naming import check_pattern


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Files with the names of pictures, in folders."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "B.PNG", "notes.txt", ".hidden.jpg", "sub/c.webp", "sub/deep/d.tiff", "trip.jpg/e.bmp"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def made(*inputs, styles=("s.jpg", "dir/t.png"), output="out", **options):
    jobs, refused, _ = make_jobs(Wanted(inputs=inputs, styles=styles, output=output, **options))
    assert not refused
    return jobs


def pairs(jobs):
    return [(str(job.content), str(job.style), str(job.output)) for job in jobs]


def test_a_folder_is_mirrored_in_every_style(tree):
    assert pairs(made("photos"))[:4] == [
        ("photos/B.PNG", "s.jpg", "out/B-s.png"),
        ("photos/B.PNG", "dir/t.png", "out/B-t.png"),
        ("photos/a.jpg", "s.jpg", "out/a-s.png"),
        ("photos/a.jpg", "dir/t.png", "out/a-t.png"),
    ]
    outputs = [str(job.output) for job in made("photos", styles=["s.jpg"], pattern="{style}/{content}_{suffix}.jpg")]
    assert outputs == [
        "out/s/B_PNG.jpg",
        "out/s/a_jpg.jpg",
        "out/sub/s/c_webp.jpg",
        "out/sub/deep/s/d_tiff.jpg",
        "out/trip.jpg/s/e_bmp.jpg",
    ]


def test_results_below_the_photographs_are_no_photographs(tree):
    (tree / "photos" / "out").mkdir()
    (tree / "photos" / "out" / "a-s.png").touch()
    assert len(made("photos", styles=["s.jpg"], output="photos/out")) == 5
    with pytest.raises(ValueError, match="can't be put into photos, where the pictures are"):
        made("photos", output="./photos")


def test_a_glob_is_mirrored_below_its_fixed_part(tree):
    assert pairs(made("photos/**/*.webp", "photos/*.jpg", styles=["s.jpg"])) == [
        ("photos/sub/c.webp", "s.jpg", "out/sub/c-s.png"),
        ("photos/a.jpg", "s.jpg", "out/a-s.png"),
    ]
    assert pairs(made("photos/notes.txt", styles=["s.jpg"])) == [("photos/notes.txt", "s.jpg", "out/notes-s.png")]


def test_checkpoints_lie_beside_the_results_in_folders_of_their_own(tree):
    jobs = made("photos")
    assert {job.checkpoint.parent for job in jobs} == {job.output.parent for job in jobs}
    assert len({job.checkpoint for job in jobs}) == len(jobs)
    assert len({len(job.checkpoint.name) for job in jobs}) == 1


def test_links_in_circles_and_folders_that_are_no_pictures_are_found_once(tree):
    (tree / "photos" / "sub" / "up").symlink_to("..")
    (tree / "photos" / "loop.png").symlink_to("loop.png")
    (tree / "photos" / "other").symlink_to("../more")
    draw(tree / "more" / "f.jpg", (20, 20), 1)
    (tree / "photos" / "empty.jpg").mkdir()
    found = {str(source.path): source.trouble for source in find_pictures("photos")}
    troubles = {name: trouble for name, trouble in found.items() if trouble}
    assert "photos/other/f.jpg" in found and "photos/loop.png" in found and len(found) == 9
    assert troubles == {
        "photos/sub/up": "photos/sub/up is a link to a folder that it lies in, and is not followed.",
        "photos/empty.jpg": "A picture is needed, but photos/empty.jpg is a folder, with no picture in it.",
    }


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_can_not_be_read_is_one_row(tree):
    (tree / "photos" / "sub").chmod(0)
    found = find_pictures("photos")
    (tree / "photos" / "sub").chmod(0o755)
    assert [source.trouble for source in found if source.trouble] == [
        "The folder photos/sub can't be read: Permission denied."
    ]


def test_ten_thousand_names_are_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("many").mkdir()
    for number in range(10_000):
        Path("many", f"{number}.jpg").touch()
    assert len(made("many", styles=["s.jpg"])) == 10_000


def test_nothing_found_is_an_error(tree):
    for text, message in (("none", "no picture, folder or manifest none"), ("*.gif", r"no picture in \*.gif")):
        with pytest.raises(FileNotFoundError, match=message):
            made(text)
    with pytest.raises(ValueError, match="photos needs a style"):
        made("photos", styles=[])
    with pytest.raises(ValueError, match="results need a folder"):
        made("photos", output=None)


def test_a_manifest_in_csv_has_settings_of_its_own(tree):
    (tree / "lists").mkdir()
    (tree / "lists" / "m.csv").write_text(
        "content,style,output,steps,content-weight,size,style_layers,keep_size,preset,start\n"
        '../photos/a.jpg,s.jpg;/styles/t.png,,7,0.5,,"conv1_1=0.5,conv2_1=0.5",yes,,\n'
        "https://host/b.jpg,s.jpg,x/y.jpg,,,100,,,fast,noise\n"
        "c.jpg,,,,,,,,,first.png\n"
    )
    jobs = made("lists/m.csv", styles=["own.jpg"], config=StyleConfig(size=32, pooling="max"))
    assert pairs(jobs) == [
        ("lists/../photos/a.jpg", "lists/s.jpg", "out/a-s.png"),
        ("lists/../photos/a.jpg", "/styles/t.png", "out/a-t.png"),
        ("https:/host/b.jpg", "lists/s.jpg", "out/x/y.jpg"),
        ("lists/c.jpg", "own.jpg", "out/c-own.png"),
    ]
    layers = (("block1_conv1", 0.5), ("block2_conv1", 0.5))
    wanted = StyleConfig(size=32, pooling="max", steps=7, content_weight=0.5, style_layers=layers)
    assert (jobs[0].config, jobs[0].keep_size) == (wanted, True)
    assert (jobs[2].config.optimizer, jobs[2].config.size, jobs[2].config.start) == ("lbfgs", 100, "noise")
    assert (jobs[3].config.start, jobs[3].keep_size) == ("lists/first.png", False)


def test_a_manifest_in_json_names_results_relative_to_itself_if_there_is_no_folder(tree):
    rows = [{"content": "a.jpg", "style": "s.jpg", "output": "o.png", "tv_weight": 2}, {"content": "b.jpg"}]
    (tree / "photos" / "m.jsonl").write_text("\n".join(map(json.dumps, rows[:1])) + "\n\n")
    (job,) = made("photos/m.jsonl", styles=[], output=None)
    assert (pairs([job]), job.config.tv_weight) == ([("photos/a.jpg", "photos/s.jpg", "photos/o.png")], 2)
    (tree / "photos" / "m.jsonl").write_text(json.dumps({**rows[0], "style": ["s.jpg", "t.jpg"], "output": None}))
    assert [path for _, _, path in pairs(made("photos/m.jsonl", styles=[]))] == ["out/a-s.png", "out/a-t.png"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "m.csv",
            "content,steps\na.jpg,7\nb.jpg,0\n",
            r"^m.csv, line 3: steps must be a whole number from 1 to",
        ),
        ("m.csv", "content,steps\na.jpg,x\n", "^m.csv, line 2: steps must be a whole number .* got x"),
        ("m.csv", "content,stepz\na.jpg,7\n", "^m.csv, line 2: there is no setting 'stepz'; a row may have content, "),
        ("m.csv", "content\n", "^m.csv names no picture"),
        ("m.csv", "style\ns.jpg\n", "^m.csv, line 2: content must be a path"),
        ("m.csv", "content\na.jpg,7\n", "^m.csv, line 2: it has more columns than the first line"),
        ("m.csv", "content,bit_depth\na.jpg,deep\n", "^m.csv, line 2: bit_depth must be a whole number; got 'deep'"),
        (
            "m.csv",
            "content,style-scale,style_scale\na.jpg,1,2\n",
            "^m.csv, line 2: style-scale and style_scale are",
        ),
        ("m.csv", "content,preset\na.jpg,slow\n", "^m.csv, line 2: preset must be one of fast, "),
        ("m.csv", b"content\n\xff.jpg\n", "^m.csv must be text in UTF-8"),
        ("m.jsonl", '{"content": "a.jpg"}\n{\n', "^m.jsonl, line 2: it must be JSON"),
        ("m.jsonl", "[1]\n", "^m.jsonl, line 1: it must be an object"),
        ("m.jsonl", '{"content": 7}\n', "^m.jsonl, line 1: content must be a path"),
        ("m.jsonl", '{"content": "a.jpg", "style": ["s", "t"], "output": "o.png"}', "one output can't hold 2 styles"),
    ],
)
def test_a_wrong_manifest_is_refused_with_its_line(name, text, message, tree):
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=message):
        made(name)


def test_a_manifest_that_does_not_exist_is_said(tree):
    with pytest.raises(FileNotFoundError):
        read_manifest("none.csv")


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("{content}-{styles}.png", r"got \{styles\}"),
        ("{content.__class__}.png", r"got \{content.__class__\}"),
        ("{content", "can't be read"),
        ("../{content}.png", "below the folder"),
        ("/{content}.png", "below the folder"),
        ("{content}.bmp", "must end in .png"),
    ],
)
def test_a_wrong_pattern_is_refused(pattern, message):
    with pytest.raises(ValueError, match=message):
        check_pattern(pattern)
