"""What clients are shown of jobs: as JSON, and as a stream of events."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nst_tf_serving.jobs_api.board import JobBoard
from nst_tf_serving.jobs_api.records import ENDED, JobRecord
from nst_tf_serving.jobs_api.store import BEFORE, RESULT
from nst_tf_serving.jobs_api.submission import job_config
from nst_tf_serving.rest.refusals import RequestError

PULSE = 0.2
"""Seconds between two looks at a job that is watched."""

HEARTBEAT = 15.0
"""Seconds after which a stream says that it is alive."""

LONGEST_NAME = 100
"""Characters of a result's file name, without its suffix."""

SHOWN = (
    "id",
    "state",
    "preview",
    "content",
    "styles",
    "preset",
    "settings",
    "created",
    "ended",
    "step",
    "steps",
    "share",
    "width",
    "height",
    "loss",
    "seconds",
    "seconds_left",
    "preview_step",
    "error",
    "warnings",
)
"""Fields of a record that are shown as they are."""


def describe(record: JobRecord, board: JobBoard) -> dict[str, Any]:
    """Return what a client is shown of a job, as JSON values."""
    files = board.store
    return {
        **{name: getattr(record, name) for name in SHOWN},
        "canceling": board.is_canceled(record.id),
        "position": board.position(record),
        "expires": board.expires(record),
        "has_photograph": files.file(record.id, BEFORE).is_file(),
        "has_result": record.state in ENDED and files.file(record.id, RESULT).is_file(),
    }


def describe_whole(record: JobRecord, board: JobBoard) -> dict[str, Any]:
    """Return the same with the loss curve, and the command that paints the same."""
    return {**describe(record, board), "curve": record.curve, "command": _command(record, board)}


async def events(identifier: str, board: JobBoard, gone: Callable[[], bool]) -> AsyncIterator[str]:
    """Send a job whenever it changes, as server-sent events, until it ends, or the server does.

    The first event is whole; later ones leave out what a client can tell itself.
    """
    before, silent = "", 0.0
    describer = describe_whole
    while not gone():
        try:
            record = board.get(identifier)
        except RequestError:
            yield "event: removed\ndata: {}\n\n"
            return
        now = json.dumps(describer(record, board))
        if now != before:
            yield f"event: job\ndata: {now}\n\n"
            before, silent = now if describer is describe else json.dumps(describe(record, board)), 0.0
            describer = describe
        elif silent >= HEARTBEAT:
            yield ": still here\n\n"
            silent = 0.0
        if record.state in ENDED:
            return
        await asyncio.sleep(PULSE)
        silent += PULSE


def disposition(record: JobRecord) -> str:
    """Return the Content-Disposition of a painting: the name that the command line would choose, also in ASCII."""
    name = "-".join(Path(name).stem for name in (record.content, *record.styles))[:LONGEST_NAME] + ".png"
    plain = "".join(each if each.isascii() and (each.isalnum() or each in "-_.") else "_" for each in name)
    return f"inline; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _command(record: JobRecord, board: JobBoard) -> str | None:
    """Return the command that paints the same."""
    if board.options.command is None:
        return None
    try:
        config = job_config(record.preset, record.settings, preview=record.preview)
    except ValueError:  # another version kept it
        return None
    return board.options.command([Path(name) for name in (record.content, *record.styles)], config)
