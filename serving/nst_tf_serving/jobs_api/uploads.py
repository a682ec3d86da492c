"""Receive a request with pictures: up to a size, and no slower than a client may be."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

from nst_tf_serving.jobs_api.options import JobOptions
from nst_tf_serving.jobs_api.submission import Submission, check_count, check_picture, file_name, read_settings
from nst_tf_serving.rest.refusals import RequestError

PICTURES = ("content", "style")
"""Fields that are files."""

MULTIPART = "multipart/form-data"

MOST_FIELDS = 100
LONGEST_FIELD = 100_000


@asynccontextmanager
async def received(request: Request, options: JobOptions) -> AsyncIterator[Submission]:
    """Receive and check a submission, whose files are there as long as the context.

    Raises:
        RequestError: If it is too large, too slow, not a form, or wrong.
    """
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != MULTIPART:
        raise RequestError(f"A job is sent as {MULTIPART}, with the files content and style.", 415)
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > options.largest_body:
        raise _too_large(options)
    limited = Request(request.scope, _limited(request.receive, options))
    limits = {"max_files": options.most_styles + 1, "max_fields": MOST_FIELDS, "max_part_size": LONGEST_FIELD}
    try:
        form = await asyncio.wait_for(limited.form(**limits), options.upload_seconds)
    except asyncio.TimeoutError:
        raise RequestError("The request took too long to arrive.", 408) from None
    except ClientDisconnect:
        raise RequestError("The client went away before its request was complete.", 499) from None
    except HTTPException as error:
        raise RequestError(f"The form can't be read: {error.detail}") from None
    except OSError as error:
        raise RequestError(f"The request can't be kept: {error.strerror}.", 503, retry_after=60) from error
    try:
        yield await asyncio.to_thread(_submission, form, options)
    finally:
        await form.close()


def _limited(receive: Receive, options: JobOptions) -> Receive:
    """Return a function that receives the parts of a body, and refuses what is too much or too slow."""
    size = 0

    async def limited() -> Message:
        """Receive a part."""
        nonlocal size
        message = await asyncio.wait_for(receive(), options.patience)
        size += len(message.get("body", b""))
        if size > options.largest_body:
            raise _too_large(options)
        return message

    return limited


def _submission(form: FormData, options: JobOptions) -> Submission:
    files: dict[str, list[UploadFile]] = {name: [] for name in PICTURES}
    fields: dict[str, str] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile) != (name in PICTURES):
            wanted = "a file" if name in PICTURES else "no file"
            raise RequestError(f"{name[:50]!r} must be {wanted}; files are content and style.")
        if isinstance(value, UploadFile):
            files[name].append(value)
        elif name in fields:
            raise RequestError(f"{name[:50]} must be given once.")
        else:
            fields[name] = value
    if len(files["content"]) != 1:
        raise RequestError(f"A painting needs one file named content; got {len(files['content'])}.")
    check_count(files["style"], options)
    settings = read_settings(fields, options)
    return Submission(**_pictures(files["content"][0], files["style"], options), **settings)


def _pictures(content: UploadFile, styles: list[UploadFile], options: JobOptions) -> dict[str, Any]:
    names = [file_name(each.filename, f"painting-{number}") for number, each in enumerate(styles, 1)]
    pictures = {"content_name": file_name(content.filename, "photo"), "style_names": tuple(names)}
    for file, name in zip((content, *styles), (pictures["content_name"], *names), strict=True):
        check_picture(file.file, str(name), options)
    return {**pictures, "content": content.file, "styles": tuple(each.file for each in styles)}


def _too_large(options: JobOptions) -> RequestError:
    return RequestError(f"A request may have {options.largest_body:,} bytes at most; send smaller pictures.", 413)
