"""`nst-tf page`, and the page at an exported model's server."""

import os
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from helpers.command_line import run
from helpers.job_servers import form

from nst_tf_cli.commands import page
from nst_tf_cli.options.job_options import web_address

ROOT = Path(__file__).parents[2]


@pytest.fixture
def started(tmp_path):
    """Start `nst-tf` in a process of its own, with jobs in a folder; returns the process and its first line."""
    processes = []

    def start(*arguments):
        paths = os.pathsep.join(str(ROOT / part) for part in (".", "cli", "serving"))
        command = [sys.executable, "-m", "nst_tf_cli", *arguments, "--port", "0", "--jobs", str(tmp_path / "jobs")]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": paths}, **pipes)
        processes.append(process)
        return process, process.stdout.readline()

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def test_the_page_is_for_this_machine_until_a_host_is_named(started):
    process, line = started("page", "--no-browser")
    address = line.split(" at ")[1].strip()
    assert address.startswith("http://127.0.0.1:") and "token" not in address
    with httpx.Client(base_url=address, trust_env=False) as ask:
        assert "<title>nst-tf</title>" in ask.get("/").text
        assert ask.get("/page/defaults.json").json()["presets"]["best"]["content_weight"] == 0.05
        assert ask.get("/v1/models/nst").status_code == 404
        job = ask.post("/v1/jobs", **form(preset="best", color="match")).json()
        options = "--content-weight 0.05 --weights builtin --size 48 --color match --scales 1 --steps 6"
        assert job["command"] == f"nst-tf stylize photo.png painting0.png {options}"
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert "Traceback" not in process.stderr.read()


def test_a_host_that_others_can_reach_demands_a_token(started, tmp_path):
    _, line = started("page", "--no-browser", "--host", "0.0.0.0")
    address, _, token = line.split(" at ")[1].strip().partition("?token=")
    assert len(token) == 32
    with httpx.Client(base_url=address, trust_env=False) as ask:
        assert ask.get("/").status_code == 401
        assert ask.get("/", params={"token": token}, follow_redirects=True).status_code == 200
    second = run("page", "--no-browser", "--port", "0", "--jobs", tmp_path / "jobs")
    assert second.exit_code == 2 and "Another server keeps its jobs in" in second.stderr
    assert len(second.stderr.splitlines()) == 1


def test_a_second_page_opens_the_one_that_runs(started, tmp_path):
    _, line = started("page", "--no-browser")
    address = line.split(" at ")[1].strip()
    port = address.strip("/").rpartition(":")[2]
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {shlex.quote(str(tmp_path / "opened"))}\n')
    browser.chmod(0o755)
    paths = os.pathsep.join(str(ROOT / part) for part in (".", "cli", "serving"))
    command = [sys.executable, "-m", "nst_tf_cli", "page", "--port", port]
    environment = os.environ | {"PYTHONPATH": paths, "BROWSER": f"{browser} %s"}
    second = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert second.returncode == 0, second.stderr
    assert second.stdout.startswith(f"The page is at {address} already") and second.stderr == ""
    assert (tmp_path / "opened").read_text().strip() == address


def test_a_port_that_another_program_has_is_one_line(monkeypatch):
    monkeypatch.setattr(page, "LOOK_SECONDS", 0.1)  # the other program never answers
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        other = run("page", "--no-browser", "--port", port)
    assert other.exit_code == 2 and "choose another --port" in other.stderr and len(other.stderr.splitlines()) == 1


def test_wrong_options_are_one_line(tmp_path):
    result = run("page", "--no-browser", "--jobs", tmp_path, "--token", "a b")
    assert result.exit_code == 2 and "token must be" in result.stderr
    (tmp_path / "file").write_bytes(b"")
    result = run("page", "--no-browser", "--port", "0", "--jobs", tmp_path / "file")
    assert result.exit_code == 2 and len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8/"),
        ("0.0.0.0", "http://127.0.0.1:8/"),
        ("::", "http://[::1]:8/"),
        ("::1", "http://[::1]:8/"),
        ("paint.lan", "http://paint.lan:8/"),
    ],
)
def test_the_address_is_one_that_a_browser_opens(host, address):
    assert web_address(host, 8, None) == address
    assert web_address(host, 8, "abc") == f"{address}?token=abc"
