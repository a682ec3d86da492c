"""The exported model over gRPC: in slices and in one call, the same bytes as over REST."""

import pytest
from helpers.grpc_servers import serving_grpc
from helpers.model_requests import encoded, smooth_picture
from helpers.serving_toys import serving

from nst_tf_serving.client.connection import connect
from nst_tf_serving.client.painting import request_painting
from nst_tf_serving.server.job_queue import JobQueue
from nst_tf_serving.server.loaded_model import load_model

CONTENT, STYLE = encoded(smooth_picture(11, 36, 44)), encoded(smooth_picture(12, 40, 30))


@pytest.fixture(scope="module")
def both(exported):
    """A REST server and a gRPC server for the exported model."""
    model, workers = load_model(exported.parent), JobQueue(1, 8)
    with serving(model, workers) as address, serving_grpc(model, workers=workers) as target:
        yield address, f"grpc://{target}"


@pytest.mark.parametrize("style", [STYLE, "waves"])
def test_slices_over_grpc_give_the_bytes_of_one_call_over_rest(both, style):
    rest, rpc = both
    seen, settings = [], {"steps": 2, "color": "luminance"}
    sliced = request_painting(rpc, CONTENT, style, settings=settings, on_progress=seen.append)
    single = request_painting(rest, CONTENT, style, settings=settings, slices=None)
    assert sliced.png == single.png and seen[-1].painting
    assert request_painting(rpc, CONTENT, style, settings=settings, slices=None).png == single.png


def test_settings_that_are_left_out_have_the_models_defaults_over_grpc(both):
    rest, rpc = both
    pictures = {"content_bytes": CONTENT, "style_bytes": STYLE}
    assert (
        connect(rpc).predict("stylize_bytes", pictures)["stylized_bytes"]
        == (connect(rest).predict("serving_default", pictures)["stylized_bytes"])
    )
