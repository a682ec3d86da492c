"""The methods of TF Serving's gRPC services on the local server: Predict, GetModelMetadata, GetModelStatus.

They share the model, the queue and the limits of the REST API, and refuse with the same sentences. Importing this loads
TensorFlow: TF Serving's messages contain TensorFlow's own.
"""

import concurrent.futures
from dataclasses import dataclass
from typing import Any, NoReturn

import grpc
from google.protobuf.json_format import ParseDict
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2, inference_pb2

from nst_tf_serving.rest.json_tensors import Array
from nst_tf_serving.rest.refusals import RequestError
from nst_tf_serving.server.checks import check_servable, deadline_passed
from nst_tf_serving.server.grpc_messages import check_filter, signature_name, to_inputs, to_response
from nst_tf_serving.server.grpc_refusals import refuse
from nst_tf_serving.server.job_queue import JobQueue
from nst_tf_serving.server.loaded_model import LoadedModel
from nst_tf_serving.server.signature_records import Signature
from nst_tf_serving.server.stopwatch import Stopwatch
from nst_tf_serving.server.waiting_lines import line_of
from nst_tf_serving.server_options import ServerOptions


@dataclass(frozen=True, kw_only=True)
class GrpcService:
    """What the methods share: the model, the options and the queue."""

    model: LoadedModel
    options: ServerOptions
    workers: JobQueue

    def predict(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Run a signature (`PredictRequest` to `PredictResponse`)."""
        self._check(request.model_spec)
        name = signature_name(request)
        signature = self._signature(name, context)
        inputs = to_inputs(request, signature, self.options.largest_body)
        wanted = check_filter(request, signature)
        response = to_response(self._run(name, inputs, context), wanted)
        self._describe(response.model_spec, name)
        return response

    def _signature(self, name: str, context: grpc.ServicerContext) -> Signature:
        """Return a signature; TF Serving has a code of its own for an unknown one."""
        try:
            return self.model.signature(name)
        except RequestError as error:
            refuse(context, grpc.StatusCode.FAILED_PRECONDITION, error.message)

    def _run(self, name: str, inputs: dict[str, Array], context: grpc.ServicerContext) -> dict[str, Array]:
        """Run a signature when its turn comes, unless nobody waits for it any more."""
        seconds = min(self.options.deadline, context.time_remaining())
        watch = Stopwatch()
        client = context.peer().rpartition(":")[0]  # without its port
        job = self.workers.submit(lambda: watch.run(lambda: self.model.run(name, inputs)), line_of(name), client)
        if not context.add_callback(job.cancel):
            job.cancel()
        try:
            outputs = job.result(seconds)
        except concurrent.futures.TimeoutError:
            job.cancel()
            raise deadline_passed(seconds) from None
        except concurrent.futures.CancelledError:
            raise RequestError("The client went away before its turn came.", 499) from None
        context.set_trailing_metadata((("server-timing", watch.server_timing()),))
        return outputs

    def metadata(self, request: Any, _: grpc.ServicerContext) -> Any:
        """Return the signatures (`GetModelMetadataRequest` to `GetModelMetadataResponse`)."""
        self._check(request.model_spec)
        if set(request.metadata_field) != {"signature_def"}:
            asked = ", ".join(request.metadata_field)[:200] or "none"
            raise RequestError(f"metadata_field must be signature_def, the only one there is; got {asked}.")
        definitions = get_model_metadata_pb2.SignatureDefMap()
        ParseDict({"signature_def": dict(self.model.metadata)}, definitions)
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        response.metadata["signature_def"].Pack(definitions)
        self._describe(response.model_spec)
        return response

    def status(self, request: Any, _: grpc.ServicerContext) -> Any:
        """Return the version's state (`GetModelStatusRequest` to `GetModelStatusResponse`); a label is ignored."""
        self._check(request.model_spec, labels=False)
        available = get_model_status_pb2.ModelVersionStatus.State.AVAILABLE
        response = get_model_status_pb2.GetModelStatusResponse()
        response.model_version_status.add(version=self.model.version, state=available).status.SetInParent()
        return response

    def other(self, request: Any, _: grpc.ServicerContext) -> NoReturn:
        """Refuse to classify or to regress."""
        if isinstance(request, inference_pb2.MultiInferenceRequest):
            raise RequestError("The model's signatures are for Predict; MultiInference wants others, on tf.Example.")
        self._check(request.model_spec)
        raise RequestError("The model's signatures are for Predict; Classify and Regress want others, on tf.Example.")

    def reload(self, _: Any, __: grpc.ServicerContext) -> NoReturn:
        """Refuse another configuration."""
        raise RequestError("This server has one model and keeps it; start another one for another model.", 501)

    def _check(self, asked: Any, *, labels: bool = True) -> None:
        chosen = asked.WhichOneof("version_choice")
        version = asked.version.value if chosen == "version" else None
        label = asked.version_label if labels and chosen == "version_label" else None
        check_servable(self.model, self.options, name=asked.name, version=version, label=label)

    def _describe(self, spec: Any, signature: str = "") -> None:
        """Name the model that answers, as TF Serving does."""
        spec.name, spec.signature_name = self.options.name, signature
        spec.version.value = self.model.version
