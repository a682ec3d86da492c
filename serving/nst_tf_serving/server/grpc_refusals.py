"""Refusals over gRPC: the status code and the sentence of an error."""

import logging
from collections.abc import Callable
from typing import Any, NoReturn

import grpc

from nst_tf_serving.rest.refusals import RequestError
from nst_tf_serving.tf_errors import LONGEST_MESSAGE

CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    404: grpc.StatusCode.NOT_FOUND,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    499: grpc.StatusCode.CANCELLED,
    501: grpc.StatusCode.UNIMPLEMENTED,
    503: grpc.StatusCode.UNAVAILABLE,
    504: grpc.StatusCode.DEADLINE_EXCEEDED,
}
"""HTTP status of a refusal to gRPC's code; all others are INTERNAL."""

_OF_NUMBER = {code.value[0]: code for code in grpc.StatusCode}

Method = Callable[[Any, grpc.ServicerContext], Any]


def with_refusals(method: Method) -> Method:
    """Turn a method's errors into a code and a sentence."""

    def answer(request: Any, context: grpc.ServicerContext) -> Any:
        """Answer a call."""
        try:
            return method(request, context)
        except RequestError as error:
            code, message = _code(error), error.message
        except Exception as error:
            if context.code() is not None:
                raise  # refused already
            logging.getLogger(__name__).error("A call failed", exc_info=error)
            code, message = grpc.StatusCode.INTERNAL, f"The server failed: {type(error).__name__}."
        refuse(context, code, message)

    return answer


def refuse(context: grpc.ServicerContext, code: grpc.StatusCode, message: str) -> NoReturn:
    """End a call with a code and a sentence."""
    context.abort(code, message[:LONGEST_MESSAGE])
    raise AssertionError("abort raises")  # not reached


def _code(error: RequestError) -> grpc.StatusCode:
    """Return TensorFlow's own code if the model refused, otherwise the one that stands for the HTTP status."""
    number = getattr(error.__cause__, "error_code", None)
    return _OF_NUMBER.get(number) or CODES.get(error.status, grpc.StatusCode.INTERNAL)
