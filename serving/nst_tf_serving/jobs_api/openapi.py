"""The OpenAPI description of the jobs, from the same list of settings as everything else."""

from typing import Any

from nst_tf import __version__
from nst_tf.config import SETTINGS
from nst_tf.presets import PRESETS
from nst_tf.settings import CHOICE, NAME, NUMBER, WHOLE_NUMBER
from nst_tf_serving.jobs_api.options import JobOptions
from nst_tf_serving.jobs_api.records import State
from nst_tf_serving.jobs_api.submission import LONGEST_NAME, STEPS, WORDS

Schema = dict[str, Any]

TITLE = "nst-tf jobs"
"""Title of the description, by which a server of jobs is known."""

_JOB = {"$ref": "#/components/schemas/Job"}
_WHOLE_JOB = {"$ref": "#/components/schemas/WholeJob"}
_ERROR = {"$ref": "#/components/schemas/Error"}

_COUNT: Schema = {"type": "integer", "minimum": 0}
_NUMBER: Schema = {"type": "number"}
_TEXT: Schema = {"type": "string"}
_FLAG: Schema = {"type": "boolean"}
_TEXTS: Schema = {"type": "array", "items": _TEXT}

_FIELDS: dict[str, tuple[Schema, str]] = {
    "id": ({**_TEXT, "pattern": "^[0-9a-f]{16}$"}, "Its name."),
    "state": ({"enum": [state.value for state in State]}, "Where it stands; the last three are final."),
    "canceling": (_FLAG, "Whether it ends after the current step."),
    "position": ({**_COUNT, "type": ["integer", "null"]}, "How many jobs come before it while it waits."),
    "preview": (_FLAG, "Whether it is a small painting that predicts a large one."),
    "content": (_TEXT, "The photograph's file name."),
    "styles": (_TEXTS, "The paintings' file names."),
    "preset": ({"enum": [*PRESETS]}, "Settings that go together."),
    "settings": ({"type": "object"}, "Settings that the client chose."),
    "created": (_NUMBER, "When it was submitted, in seconds since 1970."),
    "ended": ({"type": ["number", "null"]}, "When it ended."),
    "expires": ({"type": ["number", "null"]}, "When it will be removed; null as long as it has not ended."),
    "step": (_COUNT, "Steps taken, at all sizes together."),
    "steps": (_COUNT, "Planned steps; 0 as long as they are not known."),
    "share": ({**_NUMBER, "minimum": 0, "maximum": 1}, "Share of the work that is done."),
    "width": (_COUNT, "Width that is being painted, in pixels."),
    "height": (_COUNT, "Height that is being painted, in pixels."),
    "loss": ({"type": ["number", "null"]}, "The loss of the last step, in the end that of the painting."),
    "seconds": (_NUMBER, "Time that painting has taken."),
    "seconds_left": ({"type": ["number", "null"]}, "Estimate of the time that the rest takes."),
    "preview_step": ({"type": ["integer", "null"]}, "The step that the preview shows."),
    "error": ({"type": ["string", "null"]}, "Why it failed."),
    "warnings": (_TEXTS, "What went wrong without ending it."),
    "has_photograph": (_FLAG, "Whether the photograph can be had."),
    "has_result": (_FLAG, "Whether the painting can be had."),
}

_COMMAND: Schema = {"type": ["string", "null"], "description": "The command that paints the same."}
_CURVE: Schema = {
    "type": "array",
    "items": {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2},
    "description": "Pairs of a step and its loss.",
}

_EVENT: Schema = {
    "type": "object",
    "properties": {
        "event": {"enum": ["job", "removed"], "description": "What has happened; a removed job has no data."},
        "data": {**_TEXT, "contentMediaType": "application/json", "description": "A Job; at first a WholeJob."},
    },
    "required": ["event", "data"],
}

_STATUSES = {
    400: "Something about the request is wrong; the message says what.",
    401: "A token is needed.",
    403: "The request comes from a page of another site.",
    404: "There is no such job, or no such file yet.",
    408: "The request was sent too slowly.",
    409: "The job is in another state: it has no result, or has not failed.",
    413: "The request or a picture is too large.",
    415: "The request is not a form with files.",
    421: "The server has another name.",
    429: "Too many jobs of this client are waiting.",
    503: "The queue is full, or the disk.",
}
_EVERYWHERE = (401, 403, 421)


def description(options: JobOptions) -> dict[str, Any]:
    """Return the OpenAPI description, as JSON values.

    Args:
        options: The server's limits, which become bounds.
    """
    fields = {name: {**schema, "description": text} for name, (schema, text) in _FIELDS.items()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": TITLE,
            "version": __version__,
            "summary": "Paintings as jobs: submitted, watched, canceled, fetched.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"token": []}],
        "paths": _paths(options),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Job": _object(fields),
                "WholeJob": _object({**fields, "curve": _CURVE, "command": _COMMAND}),
                "Error": _object({"error": {**_TEXT, "description": "What is wrong, in a sentence."}}),
            },
        },
    }


def _paths(options: JobOptions) -> dict[str, Any]:
    accepted = {**_json("The job, which waits for its turn.", _WHOLE_JOB), "headers": _header("Location", _TEXT)}
    canceled = _json("It ends after the current step, or has ended.", _WHOLE_JOB)
    removed = {"description": "It had ended, and has been removed."}
    listed = _object({"jobs": {"type": "array", "items": _JOB}})
    stream = _content("The job at every change, until it ends.", "text/event-stream", _EVENT)
    one = "/v1/jobs/{id}"
    files = {
        "preview": ("The picture as it is being painted.", "image/jpeg", ()),
        "photograph": ("The photograph, upright.", "image/jpeg", ()),
        "result": ("The painting, with its settings in its metadata.", "image/png", (409,)),
    }
    return {
        "/v1/jobs": {
            "get": _operation("listJobs", "List all jobs, the newest first.", {200: _json("The jobs.", listed)}),
            "post": {
                **_operation("submitJob", "Submit a painting.", {202: accepted}, 400, 408, 413, 415, 429, 503),
                "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _form(options)}}},
            },
        },
        one: {
            "parameters": [_ID],
            "get": _operation("getJob", "Tell how a job stands.", {200: _json("The job.", _WHOLE_JOB)}, 404),
            "delete": _operation(
                "deleteJob", "Cancel a job, or remove one that has ended.", {202: canceled, 204: removed}, 404
            ),
        },
        f"{one}/retry": {
            "parameters": [_ID],
            "post": _operation(
                "retryJob",
                "Let a job that has failed wait again; it goes on from its last checkpoint if there is one.",
                {202: _json("The job, which waits for its turn.", _WHOLE_JOB)},
                *(404, 409, 429, 503),
            ),
        },
        f"{one}/events": {
            "parameters": [_ID],
            "get": _operation("watchJob", "Watch a job.", {200: stream}, 404),
        },
        **{
            f"{one}/{name}": {
                "parameters": [_ID],
                "get": _operation(
                    f"get{name.capitalize()}", text, {200: _content(text, kind, {})}, 404, *more
                ),
            }
            for name, (text, kind, more) in files.items()
        },
    }  # fmt: skip


_ID = {"name": "id", "in": "path", "required": True, "schema": {**_TEXT, "pattern": "^[0-9a-f]{16}$"}}


def _operation(name: str, summary: str, answers: dict[int, Schema], *errors: int) -> dict[str, Any]:
    refused = {str(status): _json(_STATUSES[status], _ERROR) for status in sorted((*errors, *_EVERYWHERE))}
    for status in refused.keys() & {"429", "503"}:
        refused[status]["headers"] = _header("Retry-After", _COUNT)
    return {
        "operationId": name,
        "summary": summary,
        "responses": {**{str(status): answer for status, answer in answers.items()}, **refused},
    }


def _form(options: JobOptions) -> Schema:
    picture = {"type": "string", "format": "binary"}
    fields: dict[str, Schema] = {
        "content": {
            **picture,
            "description": "The photograph: JPEG, PNG, HEIC, AVIF or another format that nst-tf reads.",
        },
        "style": {
            "type": "array",
            "items": picture,
            "minItems": 1,
            "maxItems": options.most_styles,
            "description": "The painting, or several to mix.",
        },
        "preset": {"enum": [*PRESETS], "description": "Settings that go together; single settings win over it."},
        "preview": {**_FLAG, "description": "Paint a small picture that predicts the one with these settings."},
        "settings": {**_TEXT, "description": "Settings as a JSON object, in place of a field for each."},
        "client": {**_TEXT, "maxLength": LONGEST_NAME, "description": "A name; clients take turns."},
    }
    fields |= {name: _setting(name, options) for name in SETTINGS}
    return {"type": "object", "properties": fields, "required": ["content", "style"], "additionalProperties": False}


def _setting(name: str, options: JobOptions) -> Schema:
    """Return the schema of a setting's field."""
    flags = SETTINGS[name].metadata
    schema: Schema = {"description": flags["help"]}
    if flags["kind"] in (NUMBER, WHOLE_NUMBER):
        limits = {"size": options.largest_size, **dict.fromkeys(STEPS, options.most_steps)}
        keys = {"low": "minimum", "high": "maximum", "above": "exclusiveMinimum", "below": "exclusiveMaximum"}
        schema |= {"type": "number" if flags["kind"] == NUMBER else "integer"}
        schema |= {key: flags[bound] for bound, key in keys.items() if bound in flags}
        return schema | ({"maximum": limits[name]} if name in limits else {})
    words = WORDS.get(name) if flags["kind"] == NAME else flags["choices"] if flags["kind"] == CHOICE else None
    return schema | ({"enum": [*words]} if words else _TEXT)


def _object(fields: dict[str, Schema]) -> Schema:
    return {"type": "object", "properties": fields, "required": [*fields], "additionalProperties": False}


def _json(text: str, schema: Schema) -> Schema:
    return _content(text, "application/json", schema)


def _content(text: str, kind: str, schema: Schema) -> Schema:
    return {"description": text, "content": {kind: {"schema": schema} if schema else {}}}


def _header(name: str, schema: Schema) -> Schema:
    return {name: {"schema": schema}}
