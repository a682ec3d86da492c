"""`nst-tf page` in a process of its own, and Chromium to look at it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class PageServer:
    """The command `nst-tf page`, which can be killed and started again at the same address."""

    def __init__(self, folder):
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self._port}/"
        self._process = None

    def start(self):
        paths = os.pathsep.join(str(ROOT / part) for part in (".", "cli", "serving"))
        options = ["--no-browser", "--port", str(self._port), "--jobs", str(self._folder)]
        command = [sys.executable, "-m", "nst_tf_cli", "page", *options]
        self._process = subprocess.Popen(
            command, env=os.environ | {"PYTHONPATH": paths}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        end = time.monotonic() + 120
        while time.monotonic() < end:
            try:
                return urllib.request.urlopen(self.address, timeout=5).close()
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.05)
        raise TimeoutError("the page's server does not start")

    def kill(self):
        self._process.kill()
        self._process.wait()

    def stop(self):
        self._process.terminate()
        assert self._process.wait(60) == 0


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian's package chromium)")
    pytest.importorskip("playwright", reason="Playwright is not installed")
    server = PageServer(tmp_path_factory.mktemp("page") / "jobs")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def browser(server):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, server):
    """Open the page in a tab, of a window of its own unless one is given; a script that fails fails the test."""
    errors, contexts = [], []

    def open_tab(context=None, **options):
        if context is None:
            context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
            contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(120_000)  # a busy machine
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else None)
        tab.goto(server.address)
        return tab

    yield open_tab
    for context in contexts:
        context.close()
    assert errors == []
