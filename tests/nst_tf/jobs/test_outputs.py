from pathlib import Path

import pytest
from helpers.jobs import CONFIG, contents, make_job

from nst_tf.jobs.outputs import check_apart, check_intermediates
from nst_tf.jobs.paint import paint


def test_places_that_only_look_alike_are_apart():
    outputs = {"--output": Path("a/out.png"), "--trace": Path("a/out.json"), "--tensorboard": Path("a/out")}
    check_apart(outputs, {"the photograph": Path("a/photo.png")})
    check_intermediates(
        Path("a/out.png"), {"--trace": Path("a/out-1.png"), "--start": Path("b/out-00001.png")}, option="it"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"trace": Path("OUT.PNG")}, r"^trace \(OUT.PNG\) is the same as output \(out.png\)"),
        ({"tensorboard": Path("out.png/logs")}, r"^tensorboard \(out.png/logs\) lies in output"),
        ({"checkpoint": Path()}, r"^output \(out.png\) lies in checkpoint"),
        ({"trace": Path("photo.jpg"), "overwrite": True}, r"^trace \(photo.jpg\) is content, which is read"),
        ({"save_every": 1, "trace": Path("out-00001.png")}, r"^trace .* has a name that save_every may give"),
    ],
)
def test_a_job_whose_files_get_in_each_others_way_is_refused(options, message, pictures):
    before = contents(pictures)
    with pytest.raises(ValueError, match=message):
        paint(make_job(config=CONFIG, **options))
    assert contents(pictures) == before and not (pictures / "run").exists()
