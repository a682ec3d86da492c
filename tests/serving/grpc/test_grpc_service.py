import base64
import sys
import threading
import time

import grpc
import numpy as np
import pytest
import tensorflow as tf
from grpc_health.v1 import health_pb2, health_pb2_grpc
from helpers.grpc_servers import predict_request, refused, serving_grpc, stub
from helpers.serving_toys import LONG, row, serving, watched
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
)

from nst_tf_serving.server.grpc_server import make_grpc_server
from nst_tf_serving.server.grpc_service import GrpcService
from nst_tf_serving.server.job_queue import JobQueue
from nst_tf_serving.server_options import ServerOptions

PREDICT = "/v1/models/nst:predict"
OTHERS = {"size": [3], "content_weight": [0.3], "style_weight": [1.0], "tv_weight": [1.0], "seed": [0]}


def answer(predictions, request, **options):
    response = predictions.Predict(request, timeout=20, **options)
    return {name: tf.make_ndarray(value) for name, value in response.outputs.items()}


def test_the_bytes_are_those_of_rest(predictions, rest):
    settings = {**OTHERS, "steps": [2], "learning_rate": [0.02], "color": [b"style"]}
    answered = answer(predictions, predict_request(**settings))
    body = {"signature_name": "stylize_bytes", "instances": [row(steps=2, size=3)]}
    wanted = rest.post(PREDICT, json=body).json()["predictions"][0]
    assert answered["stylized_bytes"].tolist() == [base64.b64decode(wanted["stylized_bytes"]["b64"])]
    assert answered["loss"] == pytest.approx(wanted["loss"])


def test_unlike_over_rest_defaults_hold_and_one_output_can_be_asked_for(predictions):
    assert set(answer(predictions, predict_request(steps=[1]))) == {"stylized_bytes", "loss"}
    assert answer(predictions, predict_request(steps=[1], size=[2], outputs=["loss"])) == {
        "loss": pytest.approx(2000.3)
    }


def test_the_answer_names_the_model_and_the_signature_that_was_meant(predictions):
    spec = predictions.Predict(predict_request(signature=""), timeout=20).model_spec
    assert (spec.name, spec.version.value, spec.signature_name) == ("nst", 12, "serving_default")


def test_tensors_of_numbers_go_there_and_back(predictions):
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "nst", "features"
    image = np.random.default_rng(1).random((1, 3, 2, 3), np.float32)
    request.inputs["image"].CopyFrom(tf.make_tensor_proto(image))
    outputs = answer(predictions, request)
    np.testing.assert_array_equal(outputs["block1_conv1"], image * 2)
    assert outputs["mean"].shape == ()


def test_metadata_are_the_signatures_of_rest(predictions, rest):
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = "nst"
    response = predictions.GetModelMetadata(request, timeout=20)
    found = get_model_metadata_pb2.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(found)
    known = rest.get("/v1/models/nst/metadata").json()["metadata"]["signature_def"]["signature_def"]
    assert set(found.signature_def) == set(known)
    steps = found.signature_def["stylize_bytes"].inputs["steps"]
    assert (steps.dtype, steps.name) == (tf.int32.as_datatype_enum, known["stylize_bytes"]["inputs"]["steps"]["name"])
    request.metadata_field.append("weights")
    assert "got signature_def, weights" in refused(predictions.GetModelMetadata, request)[1]


def test_status_and_reload(target):
    with grpc.insecure_channel(target) as channel:
        service = model_service_pb2_grpc.ModelServiceStub(channel)
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = "nst"
        (status,) = service.GetModelStatus(request, timeout=20).model_version_status
        assert (status.version, status.State.Name(status.state)) == (12, "AVAILABLE")
        assert (status.status.error_code, status.status.error_message) == (0, "")
        request.model_spec.version.value = 3
        code, said = refused(service.GetModelStatus, request)
        assert code == "NOT_FOUND" and "version 12 is" in said
        assert refused(service.HandleReloadConfigRequest, model_management_pb2.ReloadConfigRequest())[0] == (
            "UNIMPLEMENTED"
        )


def test_health_names_the_server_and_its_services(target):
    with grpc.insecure_channel(target) as channel:
        service = health_pb2_grpc.HealthStub(channel)
        for name in ("", "PredictionService", "tensorflow.serving.PredictionService"):
            answered = service.Check(health_pb2.HealthCheckRequest(service=name), timeout=20)
            assert answered.status == health_pb2.HealthCheckResponse.SERVING
        assert refused(service.Check, health_pb2.HealthCheckRequest(service="other"))[0] == "NOT_FOUND"


def spec(**fields):
    request = predict_request()
    for name, value in fields.items():
        setattr(request.model_spec, name, value)
    return request


def version(number):
    request = predict_request()
    request.model_spec.version.value = number
    return request


def tensor(value, **fields):
    """A request whose `steps` are a tensor with some fields replaced."""
    request = predict_request(steps=value)
    for name, changed in fields.items():
        setattr(request.inputs["steps"], name, changed)
    return request


def declared(*sizes):
    """A request whose `steps` declare a shape that their one value does not fill."""
    request = predict_request(steps=[1])
    request.inputs["steps"].tensor_shape.ClearField("dim")
    for size in sizes:
        request.inputs["steps"].tensor_shape.dim.add(size=size)
    return request


def open_rank():
    request = declared()
    request.inputs["steps"].tensor_shape.unknown_rank = True
    return request


def without(name):
    request = predict_request()
    del request.inputs[name]
    return request


def broken():
    request = predict_request()
    request.inputs["content_bytes"].string_val[0] = b"no picture"
    return request


INVALID = "INVALID_ARGUMENT"


@pytest.mark.parametrize(
    ("request_of", "code", "said"),
    [
        (lambda: spec(name="other"), "NOT_FOUND", "no model 'other' here"),
        (lambda: version(3), "NOT_FOUND", "version 12 is"),
        (lambda: spec(version_label="stable"), INVALID, "no labels"),
        (lambda: spec(signature_name="paint"), "FAILED_PRECONDITION", "'paint' not found; the model has features"),
        (lambda: predict_request(stepps=[1]), INVALID, "has no input stepps; its inputs are"),
        (lambda: without("content_bytes"), INVALID, "also needs content_bytes"),
        (lambda: predict_request(outputs=["lose"]), INVALID, "got lose"),
        (lambda: predict_request(outputs=["loss", "loss"]), INVALID, "each once"),
        (lambda: predict_request(steps=[1.5]), INVALID, "'steps' must be of type int32; got float32"),
        (lambda: tensor([1], dtype=77), INVALID, "of type int32; got 77"),
        (lambda: predict_request(steps=3), INVALID, "'steps' must have the shape [-1]; got []"),
        (lambda: tensor([1], tensor_content=b"123"), INVALID, "does not fit its shape [1]"),
        (lambda: declared(-1), INVALID, "its sizes are open"),
        (open_rank, INVALID, "its sizes are open"),
        (lambda: declared(2**40), INVALID, f"{ServerOptions.largest_body:,} bytes at most"),
        (lambda: declared(2**62, 2**62), INVALID, "must have the shape [-1]"),
        (lambda: predict_request(steps=[2_000_000]), INVALID, "steps must be at most 1000000; ask for fewer."),
        (broken, INVALID, "image"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(predictions, request_of, code, said):
    found, message = refused(predictions.Predict, request_of())
    assert found == code and said in message
    assert "\n" not in message and "{{" not in message and "[Op:" not in message


def test_bytes_that_are_no_request_or_another_are_refused_and_do_no_harm(target, predictions, capfd):
    data, rng = predict_request(steps=[1], size=[2]).SerializeToString(), np.random.default_rng(3)
    codes = set()
    with grpc.insecure_channel(target) as channel:
        predict = channel.unary_unary("/tensorflow.serving.PredictionService/Predict")
        for _ in range(300):
            mutated = bytearray(data)
            for place in rng.integers(len(data), size=rng.integers(1, 5)):
                mutated[place] = rng.integers(256)
            codes.add(refused(predict, bytes(mutated[: rng.integers(1, len(data) * 2)]))[0])
        code, said = refused(predict, b"\xff")
    assert (code, said) == (INVALID, "The request must be a tensorflow.serving.PredictRequest; it can't be parsed.")
    assert codes <= {"OK", INVALID, "NOT_FOUND", "FAILED_PRECONDITION"} and INVALID in codes
    assert predictions.Predict(predict_request(steps=[1])).outputs  # without a deadline, too
    assert "Traceback" not in capfd.readouterr().err


def test_other_services_are_refused(predictions):
    request = classification_pb2.ClassificationRequest()
    request.model_spec.name = "nst"
    assert refused(predictions.Classify, request)[0] == INVALID
    assert refused(predictions.MultiInference, inference_pb2.MultiInferenceRequest())[0] == INVALID


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_a_message_that_is_too_large_is_refused_packed_or_not(model, compression):
    with serving_grpc(model, largest_body=100_000) as target, stub(target) as predictions:
        request = predict_request(color=[b" " * 100_000])
        assert refused(predictions.Predict, request, compression=compression)[0] == "RESOURCE_EXHAUSTED"
        assert answer(predictions, predict_request(steps=[1]), compression=compression)


def test_rest_and_grpc_share_one_queue_and_full_is_full(model):
    workers, answers = JobQueue(1, 1), []
    with serving(model, workers), serving_grpc(model, workers=workers, deadline=0.8) as target, stub(target) as calls:

        def ask():
            answers.append(refused(calls.Predict, predict_request(steps=[LONG])))

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    codes = sorted(code for code, _ in answers)
    assert codes == ["DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED"]
    assert {said for _, said in answers} == {
        "The deadline of 0.8 s has passed; ask for fewer steps or a smaller size, or start the server with a longer "
        "one.",
        "The queue is full; try again later, or start the server with a longer one.",
    }


@pytest.mark.parametrize("way", ["deadline", "cancel"])
def test_work_that_nobody_waits_for_is_not_begun(model, way):
    model, begun = watched(model)
    with serving_grpc(model, queue=3) as target, stub(target) as predictions:
        first = predictions.Predict.future(predict_request(steps=[LONG // 8], size=[1]), timeout=20)
        while not begun:
            time.sleep(0.01)
        seconds = 0.2 if way == "deadline" else 20
        second = predictions.Predict.future(predict_request(steps=[1], size=[2]), timeout=seconds)
        time.sleep(0.1)
        if way == "cancel":
            second.cancel()
        third = predictions.Predict.future(predict_request(steps=[1], size=[3]), timeout=20)
        assert third.result() and first.result()
        assert second.code() == grpc.StatusCode[{"deadline": "DEADLINE_EXCEEDED", "cancel": "CANCELLED"}[way]]
    assert begun == [1, 3]


def test_a_job_that_is_dropped_frees_its_room_and_its_pictures_at_once():
    workers, go, picture = JobQueue(1, 1), threading.Event(), bytearray(9)
    running = workers.submit(go.wait)
    waiting = workers.submit(lambda held=picture: held)
    references = sys.getrefcount(picture)
    assert waiting.cancel() and sys.getrefcount(picture) < references
    assert workers.submit(lambda: 2).cancel()
    go.set()
    assert running.result(5)


def test_two_servers_never_share_a_port(target, model):
    service = GrpcService(model=model, options=ServerOptions(), workers=JobQueue(1, 1))
    with pytest.raises(OSError, match="another --grpc-port"):
        make_grpc_server(service).listen("127.0.0.1", int(target.split(":")[1]))
