import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from helpers.command_line import run
from helpers.serving_toys import LONG, encoded, pixels

from nst_tf_serving.client import painting as client

ROOT = Path(__file__).parents[3]


def environment():
    return {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in (".", "cli", "serving"))}


@pytest.fixture
def served(exported):
    """`nst-tf serve` as a process of its own, and its address."""
    line = [sys.executable, "-m", "nst_tf_cli", "serve", str(exported), "--port", "0", "--deadline", "20"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(line, env=environment(), **pipes) as process:
        first = process.stdout.readline()
        try:
            yield process, first.split(" at ")[1].split("/v1")[0]
        finally:
            process.kill()


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "red.png").write_bytes(encoded("red"))
    (tmp_path / "blue.png").write_bytes(encoded("blue"))
    return tmp_path


def test_sigterm_lets_a_request_finish_and_exits_with_0(served):
    process, address = served
    answers = []

    def ask():
        settings = {"steps": LONG // 4}
        answers.append(client.request_painting(address, encoded("red"), encoded("blue"), settings=settings))

    asker = threading.Thread(target=ask)
    asker.start()
    time.sleep(0.4)
    process.send_signal(signal.SIGTERM)
    asker.join()
    assert answers[0].loss == pytest.approx(0.3)  # the content weight of the toy
    assert process.wait(20) == 0
    assert "it is not TF Serving" in process.stderr.read()


def test_interrupt_exits_with_130_even_while_an_abandoned_request_runs(served):
    process, address = served
    with pytest.raises(client.ServerError, match="no answer"):
        client.request_painting(address, encoded("red"), encoded("blue"), settings={"steps": 10**6}, timeout=0.3)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert process.wait(5) == 130
    assert "Traceback" not in process.stderr.read()


def test_request_saves_the_painting_and_says_where(address, files):
    result = run("request", address, "red.png", "blue.png")
    assert (result.exit_code, result.stdout) == (0, "red-blue.png\n")
    assert pixels(Path("red-blue.png").read_bytes()).shape == (16, 20, 3)
    result = run("request", address, "red.png", "blue.png", "-o", "out.png", "--steps", "3", "--size", "4")
    assert (result.exit_code, result.stdout) == (0, "out.png\n")
    assert result.stderr.splitlines()[-1].startswith("Painted 20x16 px in ")
    assert result.stderr.endswith("Its loss is 4000.\n")
    assert sorted(path.name for path in files.iterdir()) == ["blue.png", "out.png", "red-blue.png", "red.png"]


def test_request_replaces_nothing_unless_told(address, files):
    (files / "out.png").write_bytes(b"dear")
    result = run("request", address, "red.png", "blue.png", "-o", "out.png")
    assert result.exit_code == 2 and "--overwrite" in result.stderr
    assert (files / "out.png").read_bytes() == b"dear"
    assert run("request", address, "red.png", "blue.png", "-o", "out.png", "--overwrite", "-q").output == ""
    assert pixels(Path("out.png").read_bytes()).shape == (16, 20, 3)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["red.png", "none.png"], 2, "No such file or directory: none.png"),
        (["red.png", "blue.png", "-o", "out.jpg"], 2, "must end in .png"),
        (["red.png", "blue.png", "--steps", "0"], 2, "steps must be"),
        (["red.png", "blue.png", "--steps", "2000000"], 2, "steps must be at most 1000000"),
        (["red.png", "blue.png", "--model", "other"], 1, "no model 'other'"),
    ],
)
def test_request_fails_in_one_line(address, files, arguments, code, said):
    result = run("request", address, *arguments)
    assert result.exit_code == code
    assert said in result.stderr and len(result.stderr.splitlines()) == 1
    assert sorted(path.name for path in files.iterdir()) == ["blue.png", "red.png"]


def test_serve_refuses_what_is_no_export_and_a_port_that_is_taken(address, exported, tmp_path):
    result = run("serve", tmp_path)
    assert result.exit_code == 2 and "must hold an exported model" in result.stderr
    result = run("serve", exported, "--port", address.split(":")[-1])
    assert result.exit_code == 2 and "another --port" in result.stderr
    result = run("serve", exported, "--name", "a/b")
    assert result.exit_code == 2 and "one word" in result.stderr


@pytest.mark.parametrize(
    "command", [["serve", "."], ["page"], ["request", "http://localhost:1", "red.png", "blue.png"]]
)
def test_a_missing_extra_is_one_line(files, command, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("nst_tf_serving")]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("httpx", "starlette.applications", "starlette", "uvicorn"):
        monkeypatch.setitem(sys.modules, name, None)  # what Python itself takes for a module that is not there
    result = run(*command)
    assert result.exit_code == 1
    assert "pip install 'nst-tf[serve]'" in result.stderr and len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["serve", "page", "request"])
def test_help_imports_nothing_slow(command):
    script = (
        "import sys; from typer.testing import CliRunner; from nst_tf_cli.app import app; "
        f"assert CliRunner().invoke(app, ['{command}', '--help']).exit_code == 0; "
        "sys.exit(str({'tensorflow', 'starlette', 'httpx', 'uvicorn', 'numpy', 'PIL'} & set(sys.modules) or ''))"
    )
    line = [sys.executable, "-c", script]
    result = subprocess.run(line, capture_output=True, text=True, check=False, env=environment())
    assert result.stderr.strip() == ""


def test_serve_answers_grpc_beside_rest_and_ends_with_both(exported):
    import grpc
    from helpers.grpc_servers import predict_request, stub

    line = [sys.executable, "-m", "nst_tf_cli", "serve", str(exported), "--port", "0", "--grpc-port", "0"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(line, env=environment(), **pipes) as process:
        try:
            assert "http://127.0.0.1:" in process.stdout.readline()
            target = process.stdout.readline().removeprefix("gRPC at ").strip()
            with stub(target) as predictions:
                answer = predictions.Predict.future(predict_request(steps=[LONG // 8]), timeout=20)
                time.sleep(0.4)
                process.send_signal(signal.SIGTERM)
                assert answer.result().outputs["loss"].float_val  # what was begun is finished
                late = predictions.Predict.future(predict_request(steps=[1]), timeout=20)
                assert late.code() == grpc.StatusCode.UNAVAILABLE
            assert process.wait(20) == 0 and "Traceback" not in process.stderr.read()
        finally:
            process.kill()


def test_serve_needs_two_ports_and_names_the_extra_for_grpc(exported, monkeypatch):
    result = run("serve", exported, "--port", "8500", "--grpc-port", "8500")
    assert result.exit_code == 2 and "must differ" in result.stderr
    monkeypatch.setitem(sys.modules, "grpc_health", None)
    result = run("serve", exported, "--grpc-port", "0")
    assert result.exit_code == 1 and len(result.stderr.splitlines()) == 1
    assert "needs grpc_health; install it: pip install 'nst-tf[grpc]'" in result.stderr


def test_a_page_and_its_jobs_are_beside_the_model(served):
    _, address = served
    with httpx.Client(base_url=address, trust_env=False) as ask:
        assert "<title>nst-tf</title>" in ask.get("/").text
        assert ask.get("/v1/jobs").json() == {"jobs": []}
        assert ask.get("/v1/models/nst").json()["model_version_status"][0]["state"] == "AVAILABLE"
        assert ask.get("/v1/jobs", headers={"Host": "evil.example"}).status_code == 421
        assert ask.get("/v2").json()["error"].startswith("Malformed request")
