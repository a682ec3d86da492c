"""Every format with every kind of picture that it can hold: what is read is what a viewer sees."""

import contextlib

import numpy as np
import pytest
from helpers.picture_files import CELLS, FORMATS, KINDS, LEFT_OUT, SUFFIXES, refused

from nst_tf.images.reading import load_picture


def test_every_cell_is_tested_or_left_out_for_a_reason():
    assert len(CELLS) + len(LEFT_OUT) == len(FORMATS) * len(KINDS)
    assert set(LEFT_OUT) <= {(format_, kind) for format_ in FORMATS for kind in KINDS} - set(CELLS)


@pytest.mark.parametrize(("format_", "kind"), CELLS, ids=[f"{format_}-{kind}" for format_, kind in CELLS])
def test_file_is_read_as_a_viewer_sees_it(format_, kind, tmp_path):
    for sample in KINDS[kind](format_):
        path = tmp_path / f"picture{SUFFIXES[format_]}"
        path.write_bytes(sample.data)
        told = pytest.warns(UserWarning, match=sample.warning) if sample.warning else contextlib.nullcontext()
        with told:
            image, alpha, _ = load_picture(path)
        assert image.dtype == np.float32 and image.shape == (1, *sample.image.shape), sample.name
        visible = np.ones(image.shape[1:3], bool) if sample.alpha is None else sample.alpha > 0
        wrong = np.abs(image[0] - sample.image)[visible]
        assert wrong.max() <= sample.tolerance, (sample.name, wrong.max())
        assert (alpha is None) == (sample.alpha is None), sample.name
        if alpha is not None:
            np.testing.assert_allclose(alpha[0, :, :, 0], sample.alpha, atol=1e-6, err_msg=sample.name)


@pytest.mark.parametrize("case", list(refused()), ids=lambda case: case.name)
def test_what_is_not_read_is_refused_in_one_line_that_says_why(case, tmp_path):
    (tmp_path / "picture").write_bytes(case.data)
    with pytest.raises(ValueError, match=case.told) as refusal:
        load_picture(tmp_path / "picture")
    assert "\n" not in str(refusal.value)
