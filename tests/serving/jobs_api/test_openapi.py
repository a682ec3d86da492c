"""The description of the jobs: true of the server, and from the same list of settings as everything else."""

import time
from pathlib import Path

import pytest
import schemathesis
from helpers.job_servers import picture, serving_jobs
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from nst_tf.config import SETTINGS
from nst_tf_serving.jobs_api.board import JobBoard
from nst_tf_serving.jobs_api.openapi import description
from nst_tf_serving.jobs_api.options import JobOptions
from nst_tf_serving.jobs_api.records import ENDED, JobRecord, State

OPTIONS = JobOptions(folder=Path("unused"))
CASES = [
    (path, method.upper(), mode)
    for path, item in description(OPTIONS)["paths"].items()
    for method in item.keys() - {"parameters"}
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or "parameters" in item or "requestBody" in item[method]
]
"""Nothing can be wrong about a request without parameters and body."""

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
EXAMPLES = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A board that nobody paints, and the description of its server."""
    board = JobBoard(JobOptions(folder=tmp_path_factory.mktemp("jobs")))
    with serving_jobs(board) as address:
        yield board, schemathesis.openapi.from_url(f"{address}/openapi.json")


def put(board, state):
    """Put a job in a state on a board, with all of its files, and return its name."""
    name = f"{list(State).index(state):016x}"
    numbers = {"step": 3, "steps": 6, "share": 0.5, "loss": 0.1, "curve": ((1, 0.5),), "preview_step": 2}
    ended = {"ended": time.time()} if state in ENDED else {}
    sent = {"address": "a", "content": "c", "styles": ("s",), "created": 1.0}
    board._jobs[name] = JobRecord(id=name, state=state, **sent, **(numbers if state != "waiting" else {}), **ended)
    board.store.file(name, "").mkdir(exist_ok=True)
    for file, kind in (("preview.jpg", "JPEG"), ("before.jpg", "JPEG"), ("painting.png", "PNG")):
        board.store.file(name, file).write_bytes(picture((3, 2), kind=kind))
    return name


@pytest.mark.parametrize(("path", "method", "mode"), sorted(CASES, key=str))
def test_the_server_does_what_the_description_says(served, path, method, mode):
    """Requests are made up from the description, with `negative` wrong on purpose."""
    board, schema = served
    states = list(State) if not path.endswith("events") else list(ENDED)  # those of others have no end

    @EXAMPLES
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    def answer(case):
        """Send a request, to a job that is there if it is well formed."""
        names = [put(board, state) for state in states]
        if case.path_parameters and mode is GenerationMode.POSITIVE:
            case.path_parameters["id"] = names[sum(map(ord, case.path_parameters["id"])) % len(names)]
        case.call_and_validate(checks=CHECKS)

    answer()


def test_every_setting_is_a_field_and_limits_are_bounds():
    content = description(OPTIONS)["paths"]["/v1/jobs"]["post"]["requestBody"]["content"]
    fields = content["multipart/form-data"]["schema"]["properties"]
    assert set(SETTINGS) < set(fields)
    assert fields["size"]["maximum"] == OPTIONS.largest_size and fields["steps"]["maximum"] == OPTIONS.most_steps
    assert fields["content_weight"]["minimum"] == 0 and fields["learning_rate"]["exclusiveMinimum"] == 0
    assert "auto" in fields["weights"]["enum"] and "best" in fields["preset"]["enum"]
