"""Pictures, results, checkpoints, manifests and reports at URLs."""

from pathlib import Path

import pytest
from helpers.batches import CONFIG, draw, make_job

import nst_tf
from nst_tf.batch.events import PictureProgress
from nst_tf.batch.inputs import find_pictures
from nst_tf.batch.joblist import Wanted, make_jobs
from nst_tf.batch.report import Report
from nst_tf.jobs.job import Job
from nst_tf.jobs.paint import paint

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")


@pytest.fixture
def store(folder):
    """A store in memory with the photographs and the style of `folder`."""
    memory = fsspec.filesystem("memory")
    for name in ("photos/0.jpg", "photos/deep/1.jpg", "style.jpg"):
        memory.makedirs(f"/bucket/{name}".rsplit("/", 1)[0], exist_ok=True)
        memory.pipe_file(f"/bucket/{name}", Path(name.replace("deep/", "")).read_bytes())
    yield memory
    memory.rm("/bucket", recursive=True)


def stored(store):
    return sorted(name for name in store.find("/bucket/out"))


def jobs_of(*inputs, **options):
    wanted = Wanted(
        inputs=inputs, styles=["memory://bucket/style.jpg"], output="memory://bucket/out", config=CONFIG, **options
    )
    return make_jobs(wanted)


def test_pictures_at_urls_are_found_and_mirrored(store):
    assert [(str(each.path), str(each.folder)) for each in find_pictures("memory://bucket/photos")] == [
        ("memory:/bucket/photos/0.jpg", "."),
        ("memory:/bucket/photos/deep/1.jpg", "deep"),
    ]
    (source,) = find_pictures("memory://bucket/photos/*/*.jpg")
    assert (source.path.name, str(source.folder)) == ("1.jpg", "deep")
    with pytest.raises(FileNotFoundError, match="There is no file memory://bucket/none"):
        find_pictures("memory://bucket/none")


def test_results_at_urls_equal_local_ones_and_are_skipped_the_second_time(store):
    paint(make_job(1, output="alone.png", checkpoint=None))
    records = nst_tf.paint_all(jobs_of("memory://bucket/photos"))
    assert [record.status.value for record in records] == ["painted", "painted"]
    assert records[1].output == "memory://bucket/out/deep/1-style.png"
    assert stored(store) == ["/bucket/out/0-style.png", "/bucket/out/deep/1-style.png"]
    assert store.cat_file("/bucket/out/deep/1-style.png") == Path("alone.png").read_bytes()
    again = nst_tf.paint_all(jobs_of("memory://bucket/photos"))
    assert [record.status.value for record in again] == ["skipped", "skipped"]
    assert not [path for path in Path.cwd().rglob("*") if "memory" in str(path)]


def test_a_checkpoint_at_a_url_is_continued_to_the_same_bytes(store):
    paint(make_job(0, output="alone.png", checkpoint=None))
    batch = jobs_of("memory://bucket/photos/0.jpg", options={"checkpoint_every": 1})
    seen = []

    def stop():
        return any(isinstance(event, PictureProgress) and event.step >= 2 for event in seen)

    (record,) = nst_tf.paint_all(batch, on_event=seen.append, should_stop=stop)
    assert record.status.value == "interrupted"
    assert sum("/.nst-tf-run-" in name and "/step-" in name for name in stored(store)) == 2
    store.rm("/bucket/out/0-style.png")  # as after a crash, which saves no picture
    (again,) = nst_tf.paint_all(batch)
    assert (again.status.value, again.resumed_at) == ("painted", record.steps)
    assert store.cat_file("/bucket/out/0-style.png") == Path("alone.png").read_bytes()
    assert stored(store) == ["/bucket/out/0-style.png"]


def test_a_checkpoint_is_stored_while_the_picture_is_painted(store):
    batch = jobs_of("memory://bucket/photos/0.jpg", options={"checkpoint_every": 1})
    found = []
    nst_tf.paint_all(batch, on_event=lambda _: found.extend(name for name in stored(store) if "/step-" in name))
    assert any(name.endswith("step-000000001.npz") for name in found)


def test_a_manifest_and_a_report_may_lie_at_urls(store):
    store.pipe_file("/bucket/m.csv", b"content,output\nphotos/0.jpg,\nphotos/none.jpg,x.png\n")
    batch = jobs_of("memory://bucket/m.csv")
    with Report(Path("memory://bucket/out/report.jsonl")) as report:
        records = nst_tf.paint_all(batch)
        report.finish(records)
    assert [record.error for record in records] == [None, "There is no file memory://bucket/photos/none.jpg."]
    lines = store.cat_file("/bucket/out/report.jsonl").decode().splitlines()
    assert lines == [record.as_json() for record in records]


def test_a_store_that_needs_a_missing_package_costs_a_record(folder):
    job = Job(content="oss://bucket/a.jpg", style="style.jpg", output="out/a.png", config=CONFIG)
    (record,) = nst_tf.paint_all([job])
    assert record.status.value == "failed" and record.error.startswith("oss://bucket/a.jpg needs a package")
    draw(Path("photos/x.jpg"), (20, 20), 1)


@pytest.fixture
def bucket(folder, monkeypatch):
    """A bucket of a local S3 server with the photographs and the style of `folder`."""
    server = pytest.importorskip("moto.server", reason="moto is not installed")
    pytest.importorskip("s3fs", reason="s3fs is not installed")
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    for name, value in (("ENDPOINT_URL", f"http://{host}:{port}"), ("ACCESS_KEY_ID", "a"), ("SECRET_ACCESS_KEY", "b")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    store = fsspec.filesystem("s3", skip_instance_cache=True)
    store.mkdir("bucket")
    for name in ("photos/0.jpg", "style.jpg"):
        store.pipe_file(f"bucket/{name}", Path(name).read_bytes())
    yield store
    running.stop()
    fsspec.filesystem("s3").clear_instance_cache()


def test_a_bucket_of_s3_is_painted_and_carried_on(bucket):
    paint(make_job(0, output="alone.png", checkpoint=None))
    wanted = Wanted(
        inputs=["s3://bucket/photos"],
        styles=["s3://bucket/style.jpg"],
        output="s3://bucket/out",
        config=CONFIG,
        options={"checkpoint_every": 1},
    )
    batch, seen = make_jobs(wanted), []

    def stop():
        return any(isinstance(event, PictureProgress) and event.step >= 2 for event in seen)

    (record,) = nst_tf.paint_all(batch, on_event=seen.append, should_stop=stop)
    assert record.status.value == "interrupted", record.error
    bucket.invalidate_cache()
    assert sum("/step-" in name for name in bucket.find("bucket/out")) == 2
    (record,) = nst_tf.paint_all(batch)
    assert (record.status.value, record.output) == ("painted", "s3://bucket/out/0-style.png"), record.error
    bucket.invalidate_cache()
    assert bucket.find("bucket/out") == ["bucket/out/0-style.png"]
    assert bucket.cat_file("bucket/out/0-style.png") == Path("alone.png").read_bytes()
    (record,) = nst_tf.paint_all(batch)
    assert record.status.value == "skipped"
