"""A gRPC server for the local server: its ports, limits and end, and the standard health service."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    predict_pb2,
    regression_pb2,
)

from nst_tf_serving.rest.refusals import RequestError
from nst_tf_serving.server.grpc_refusals import Method, with_refusals
from nst_tf_serving.server.grpc_service import GrpcService
from nst_tf_serving.server_options import ServerOptions

PREDICTION, MODEL = "tensorflow.serving.PredictionService", "tensorflow.serving.ModelService"

HEALTHY = ("", PREDICTION, MODEL, "PredictionService", "ModelService")
"""Names that the health service knows: the whole server, the services, and TF Serving's names for them."""

SPARE_THREADS = 8
"""Threads for calls that do not wait for a painting."""

MOST_CALLS = 256
"""Calls at once, those included whose message is still arriving."""


@dataclass(frozen=True)
class GrpcServer:
    """A gRPC server and its health.

    Attributes:
        server: The server.
        health: The health service.
        stopped: Set when it is to end.
    """

    server: Any
    health: Any
    stopped: Event = field(default_factory=Event)

    def listen(self, host: str, port: int, credentials: Any = None) -> int:
        """Listen at a port, with TLS if there are credentials; 0 takes any free one.

        Returns:
            The port.

        Raises:
            OSError: If the address can't be bound.
        """
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            if credentials is not None:
                return int(self.server.add_secure_port(address, credentials))
            return int(self.server.add_insecure_port(address))
        except RuntimeError:
            raise OSError(f"The server can't have {address}, choose another --grpc-port or --host.") from None

    def start(self) -> None:
        """Begin to answer."""
        self.server.start()
        for name in HEALTHY:
            self.health.set(name, health_pb2.HealthCheckResponse.SERVING)

    def stop(self, seconds: float) -> None:
        """Accept no more calls, and drop those open after some seconds, or at the second stop; returns at once."""
        self.health.enter_graceful_shutdown()
        self.server.stop(0 if self.stopped.is_set() else seconds)
        self.stopped.set()

    def wait(self) -> None:
        """Wait until the last call has ended."""
        self.server.wait_for_termination()


def make_grpc_server(service: GrpcService) -> GrpcServer:
    """Build a server that listens nowhere yet."""
    room = service.options.threads + service.options.queue
    threads = ThreadPoolExecutor(room + SPARE_THREADS, thread_name_prefix="nst-tf-grpc")
    server = grpc.server(threads, options=_channel_options(service.options), maximum_concurrent_rpcs=MOST_CALLS)
    prediction = {
        "Predict": (service.predict, predict_pb2.PredictRequest),
        "GetModelMetadata": (service.metadata, get_model_metadata_pb2.GetModelMetadataRequest),
        "Classify": (service.other, classification_pb2.ClassificationRequest),
        "Regress": (service.other, regression_pb2.RegressionRequest),
        "MultiInference": (service.other, inference_pb2.MultiInferenceRequest),
    }
    model = {
        "GetModelStatus": (service.status, get_model_status_pb2.GetModelStatusRequest),
        "HandleReloadConfigRequest": (service.reload, model_management_pb2.ReloadConfigRequest),
    }
    checked = health.HealthServicer()
    server.add_generic_rpc_handlers((_handler(PREDICTION, prediction), _handler(MODEL, model)))
    health_pb2_grpc.add_HealthServicer_to_server(checked, server)
    return GrpcServer(server, checked)


def _channel_options(options: ServerOptions) -> list[tuple[str, int]]:
    """Return gRPC's options: the largest request, pings in both directions, and no second server on the same port."""
    return [
        ("grpc.max_receive_message_length", options.largest_body),
        ("grpc.max_send_message_length", -1),
        ("grpc.so_reuseport", 0),
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ]


def _handler(service: str, methods: Mapping[str, tuple[Method, Any]]) -> grpc.GenericRpcHandler:
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(
            with_refusals(_parsing(method, message)),
            response_serializer=lambda response: response.SerializeToString(),
        )
        for name, (method, message) in methods.items()
    }
    return grpc.method_handlers_generic_handler(service, handlers)


def _parsing(method: Method, message: Any) -> Method:
    """Let a method take bytes, so that a request that is no such message is refused like any other."""

    def call(data: bytes, context: grpc.ServicerContext) -> Any:
        """Parse the request, and call the method."""
        try:
            request = message.FromString(data)
        except DecodeError:
            raise RequestError(f"The request must be a {message.DESCRIPTOR.full_name}; it can't be parsed.") from None
        return method(request, context)

    return call
