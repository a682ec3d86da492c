"""A gRPC server for a model on a real socket, beside a REST server that shares its queue, and calls to it."""

import contextlib

import grpc
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from helpers.serving_toys import encoded
from nst_tf_serving.server.grpc_server import make_grpc_server
from nst_tf_serving.server.grpc_service import GrpcService
from nst_tf_serving.server.job_queue import JobQueue
from nst_tf_serving.server_options import ServerOptions

UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


@contextlib.contextmanager
def serving_grpc(model, *, workers=None, credentials=None, **options):
    """Serve a model on a free port; yields `127.0.0.1:PORT`."""
    chosen = ServerOptions(**options)
    workers = workers or JobQueue(chosen.threads, chosen.queue)
    server = make_grpc_server(GrpcService(model=model, options=chosen, workers=workers))
    port = server.listen("127.0.0.1", 0, credentials)
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(20)
        server.wait()


@contextlib.contextmanager
def stub(target):
    """A stub of TF Serving's PredictionService."""
    with grpc.insecure_channel(target, options=UNLIMITED) as channel:
        yield prediction_service_pb2_grpc.PredictionServiceStub(channel)


def predict_request(signature="stylize_bytes", *, name="nst", outputs=(), **inputs):
    """A request for two small pictures, with further inputs."""
    request = predict_pb2.PredictRequest(output_filter=outputs)
    request.model_spec.name, request.model_spec.signature_name = name, signature
    pictures = {"content_bytes": [encoded("red")], "style_bytes": [encoded("blue")]}
    for key, value in (pictures | inputs).items():
        request.inputs[key].CopyFrom(tf.make_tensor_proto(value))
    return request


def refused(call, *arguments, **options):
    """A call's status code and message."""
    try:
        call(*arguments, **{"timeout": 20, **options})
    except grpc.RpcError as error:
        return error.code().name, error.details()
    return "OK", ""
