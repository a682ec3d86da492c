import base64
import json
import math

import numpy as np
import pytest

from nst_tf_serving.rest.json_tensors import TensorRecord
from nst_tf_serving.rest.protocol import parse_request, to_arrays, to_response
from nst_tf_serving.rest.refusals import RequestError

X = TensorRecord("x", "float32", (None,))
IMAGE = TensorRecord("image", "float32", (None, None, None, 3))
STEPS = TensorRecord("steps", "int32", (None,))
PICTURE = TensorRecord("picture_bytes", "string", (None,))


def arrays(request, *records):
    return to_arrays(parse_request(json.dumps(request).encode()), records)


def refusal(request, *records):
    with pytest.raises(RequestError) as caught:
        arrays(request, *records)
    assert "\n" not in caught.value.message
    return caught.value


def test_rows_of_one_input_are_bare_values():
    np.testing.assert_array_equal(arrays({"instances": [1, 2.5]}, X)["x"], np.float32([1, 2.5]))
    assert arrays({"instances": [{"x": 1}]}, X)["x"].dtype == np.float32


def test_rows_of_several_inputs_are_objects_with_exactly_their_names():
    got = arrays({"instances": [{"x": 1, "steps": 2}, {"x": 3, "steps": 4}]}, X, STEPS)
    assert got["x"].tolist() == [1, 3] and got["steps"].tolist() == [2, 4]
    assert "exactly the keys steps, x; got x" in refusal({"instances": [{"x": 1}]}, X, STEPS).message
    assert "exactly" in refusal({"instances": [{"x": 1, "steps": 1, "y": 1}]}, X, STEPS).message
    assert "plain values" in refusal({"instances": [1]}, X, STEPS).message
    assert "Row 1" in refusal({"instances": [{"x": 1, "steps": 2}, 7]}, X, STEPS).message


def test_rows_must_have_one_shape():
    rows = [[[[0, 0, 0]]], [[[0, 0, 0], [1, 1, 1]]]]
    assert "Expecting shape [1, 1, 3] but got [1, 2, 3]" in refusal({"instances": rows}, IMAGE).message


def test_columns_are_one_value_or_named_ones():
    assert arrays({"inputs": [1, 2]}, X)["x"].tolist() == [1, 2]
    assert arrays({"inputs": {"x": [1], "steps": [2], "other": 3}}, X, STEPS)["steps"].tolist() == [2]
    assert "Missing named input" in refusal({"inputs": {"x": [1]}}, X, STEPS).message


@pytest.mark.parametrize("request_", [{}, {"instances": [1], "inputs": [1]}, {"signature_name": 3, "inputs": 1}, [1]])
def test_a_request_is_of_one_format(request_):
    assert refusal(request_, X).status == 400


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe\xfd", b"[" * 100_000, b'{"inputs": ' + b"9" * 5000 + b"}"])
def test_what_is_not_json_is_refused(body):
    with pytest.raises(RequestError, match="JSON"):
        to_arrays(parse_request(body), [X])


def test_base64_objects_are_bytes():
    b64 = {"b64": base64.b64encode(b"\x89PNG\x00").decode()}
    assert arrays({"instances": [b64]}, PICTURE)["picture_bytes"].tolist() == [b"\x89PNG\x00"]
    assert arrays({"inputs": [b64, "text"]}, PICTURE)["picture_bytes"].tolist() == [b"\x89PNG\x00", b"text"]
    assert arrays({"inputs": [{"b64": "AA"}]}, PICTURE)["picture_bytes"].tolist() == [b"\x00"]


@pytest.mark.parametrize("value", [{"b64": "*"}, {"b64": 3}, {"b64": "AA==", "x": 1}, 3, None, {"b64": "é"}])
def test_what_is_no_string_is_refused_as_bytes(value):
    assert "picture_bytes" in refusal({"inputs": [value]}, PICTURE).message


@pytest.mark.parametrize("value", [1.0, True, "1", None, 2**31, {"b64": "AA=="}, 10**300])
def test_whole_numbers_are_nothing_else(value):
    assert "steps" in refusal({"inputs": [value]}, STEPS).message


@pytest.mark.parametrize("value", [2**24, 1e39, True, "NaN", 10**300])
def test_floats_are_not_silently_rounded(value):
    assert "'x'" in refusal({"inputs": [value]}, X).message


def test_nan_and_infinity_are_literals_both_ways():
    got = to_arrays(parse_request(b'{"inputs": [NaN, Infinity, -Infinity]}'), [X])["x"]
    assert math.isnan(got[0]) and got[1:].tolist() == [math.inf, -math.inf]
    assert to_response({"x": got}, by_row=False) == b'{"outputs": [NaN, Infinity, -Infinity]}'


def test_shapes_are_those_of_the_signature():
    assert "[-1, -1, -1, 3]; got [1, 1, 1, 4]" in refusal({"inputs": [[[[0, 0, 0, 0]]]]}, IMAGE).message
    assert "one differs" in refusal({"inputs": [[[[0, 0, 0]], [[0, 0, 0], [0, 0, 0]]]]}, IMAGE).message
    assert "one is a list" in refusal({"inputs": [0, [1]]}, X).message
    assert "in all its parts" in refusal({"inputs": [[1], 0]}, TensorRecord("x", "float32", None)).message
    assert arrays({"inputs": []}, X)["x"].shape == (0,)


def test_half_floats_are_not_implemented():
    half = TensorRecord("x", "float16", (None,))
    assert refusal({"inputs": [1]}, half).status == 501
    for dtype in ("float16", "uint16"):  # in an answer, an invalid argument
        with pytest.raises(RequestError, match=dtype) as caught:
            to_response({"x": np.ones(1, dtype)}, by_row=True)
        assert caught.value.status == 400


def test_predictions_are_bare_for_one_output_and_objects_for_several():
    assert json.loads(to_response({"x": np.float32([1, 0.2])}, by_row=True)) == {"predictions": [1.0, 0.2]}
    several = {"x": np.float32([1, 2]), "flag": np.array([True, False])}
    rows = [{"x": 1.0, "flag": True}, {"x": 2.0, "flag": False}]
    assert json.loads(to_response(several, by_row=True)) == {"predictions": rows}
    assert json.loads(to_response(several, by_row=False))["outputs"]["flag"] == [True, False]


def test_rows_of_answers_need_one_batch_size():
    with pytest.raises(RequestError, match="'loss' has no rows"):
        to_response({"x": np.ones(2), "loss": np.float32(3)}, by_row=True)
    with pytest.raises(RequestError, match="inconsistent batch size"):
        to_response({"x": np.ones(2), "y": np.ones(3)}, by_row=True)
    with pytest.raises(RequestError, match="'x' is empty"):
        to_response({"x": np.ones((0, 2))}, by_row=True)
    assert json.loads(to_response({"loss": np.float32(3)}, by_row=False)) == {"outputs": 3.0}


def test_strings_are_base64_by_the_name_of_the_output():
    strings = np.array([b"\x89P", b"ok"], dtype=object)
    assert json.loads(to_response({"out_bytes": strings}, by_row=True))["predictions"][1] == {"b64": "b2s="}
    assert json.loads(to_response({"out": strings[1:]}, by_row=True))["predictions"] == ["ok"]
