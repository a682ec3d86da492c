"""The local server takes what TF Serving takes and refuses what it refuses; where not, a page says so."""

import collections
import http.client
import json
import math
import re
from pathlib import Path

import pytest
import tensorflow as tf
from helpers.echo import Echo
from helpers.serving_toys import serving
from helpers.taken_and_refused import DIFFERENCES, LARGEST_BODY, PREDICT, ROWS, SOURCES, Row

from nst_tf_serving.server.loaded_model import load_model

PAGE = Path(__file__).parents[3] / "docs" / "local-server.md"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Host and port of a server of the echo."""
    folder = tmp_path_factory.mktemp("echo")
    echo = Echo()
    tf.saved_model.save(echo, str(folder / "1"), signatures=echo.functions)
    with serving(load_model(folder), name="echo", queue=50, largest_body=LARGEST_BODY) as address:
        yield address.removeprefix("http://")


def ask(place, row):
    """Send a row's request as it stands, and return status, type and body of the answer."""
    connection = http.client.HTTPConnection(place, timeout=30)
    connection._http_vsn_str = row.version  # http.client has no other way to say it
    given = {name.lower() for name, _ in row.headers}
    connection.putrequest(row.method, row.target, skip_host="host" in given, skip_accept_encoding=True)
    for name, value in row.headers:
        if value is not None:
            connection.putheader(name, value)
    body = row.body or b""
    if row.chunked:
        connection.putheader("Transfer-Encoding", "chunked")
    elif row.body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body or None, encode_chunked=row.chunked)
    try:
        response = connection.getresponse()
        return response.status, response.headers.get_content_type(), response.read()
    finally:
        connection.close()


def same(got, wanted):
    """Whether two JSON values agree, to the sign of zero and the number that is none."""
    if isinstance(wanted, float | int) and not isinstance(wanted, bool):
        if isinstance(got, bool) or not isinstance(got, float | int):
            return False
        return got != got if wanted != wanted else got == wanted and math.copysign(1, got) == math.copysign(1, wanted)
    if isinstance(wanted, list):
        return isinstance(got, list) and len(got) == len(wanted) and all(map(same, got, wanted))
    if isinstance(wanted, dict):
        return isinstance(got, dict) and got.keys() == wanted.keys() and all(same(got[key], wanted[key]) for key in got)
    return got == wanted


def check(place, row):
    status, kind, body = ask(place, row)
    assert status == row.status, body
    if row.method == "HEAD":
        assert body == b""
    elif status == 200 and row.answer is not None:
        (answer,) = json.loads(body).values()
        assert same(answer, row.answer), answer
    elif status != 200 and kind != "text/plain":
        assert kind == "application/json"
        ((key, said),) = json.loads(body).items()
        assert key == "error" and said and "\n" not in said and len(said) < 700


def named(rows):
    return [pytest.param(row, id=re.sub(r"[^\w ./:+-]", "_", row.name)[:70]) for row in rows]


@pytest.mark.parametrize("row", named(ROWS))
def test_taken_or_refused_as_tf_serving_does(place, row):
    check(place, row)


@pytest.mark.parametrize("row", named([each.row for each in DIFFERENCES]))
def test_what_differs_knowingly(place, row):
    check(place, row)


def test_the_page_lists_what_differs_and_nothing_else():
    listed = PAGE.read_text().split("## Differences")[1].split("\n## ")[0]
    items = [" ".join(item.split()) for item in re.split(r"^\* ", listed, flags=re.MULTILINE)[1:]]
    assert items == list(dict.fromkeys(each.words for each in DIFFERENCES))


def test_every_row_says_where_its_rule_stands():
    files = collections.Counter(row.where.partition(": ")[0] for row in [*ROWS, *(each.row for each in DIFFERENCES)])
    assert set(files) == set(SOURCES)
    assert all(row.where.partition(": ")[2] for row in ROWS)


@pytest.mark.parametrize(("target", "status"), [(PREDICT, 413), ("/v1/models/echo", 400), ("/nowhere", 404)])
@pytest.mark.parametrize("chunked", [False, True])
def test_who_is_refused_early_is_heard_out(place, target, status, chunked):
    row = Row(name="", where="", target=target, body=b" " * 5_000_000, chunked=chunked)
    got, _, body = ask(place, row)
    assert got == status and json.loads(body)["error"]


def test_a_metadata_address_in_capitals_is_the_status(place):
    for target, key in (("metadata", "metadata"), ("METADATA", "model_version_status")):
        connection = http.client.HTTPConnection(place, timeout=30)
        connection.request("GET", f"/v1/models/echo/{target}")
        assert key in json.loads(connection.getresponse().read())
        connection.close()
