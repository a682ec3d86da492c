"""Paint on the page in Chromium, and photograph it: `python -m tools.page_picture FOLDER`, for docs/images/page.jpg.

FOLDER holds the pictures of `examples/paint_readme_pictures.py`.
"""

import argparse
import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "page.jpg"
PHOTOGRAPH, PAINTING = "tubingen.jpg", "starry_night.jpg"
WINDOW = {"width": 1280, "height": 900}
CUT = 38
"""Percent of the width that show the photograph."""
PATIENCE = 600_000
"""Milliseconds for a painting."""


def main() -> None:
    """Start the page, paint, and write the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, help="folder of the photographs and paintings")
    folder = parser.parse_args().folder
    with tempfile.TemporaryDirectory() as jobs:
        words = [sys.executable, "-m", "nst_tf_cli", "page", "--no-browser", "--port", "0", "--jobs", jobs]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
            try:
                said = server.stdout.readline() if server.stdout else ""
                Image.open(io.BytesIO(_photographed(said.split()[-1], folder))).convert("RGB").save(PICTURE, quality=85)
            finally:
                server.terminate()


def _photographed(address: str, folder: Path) -> bytes:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport=WINDOW)  # type: ignore[arg-type]
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        _paint(page, folder)
        shown = page.screenshot()
        browser.close()
    return shown


def _paint(page: Page, folder: Path) -> None:
    page.set_input_files("#content-input", folder / PHOTOGRAPH)
    page.set_input_files("#style-input", folder / PAINTING)
    page.select_option("#size", "768")
    page.click("#paint-button")
    page.wait_for_selector("#after[src$=result]")
    page.evaluate(
        "cut => { const slider = document.getElementById('cut'); slider.value = cut;"
        " slider.dispatchEvent(new Event('input')); }",
        CUT,
    )
    page.evaluate("window.scrollTo(0, 0)")
    page.mouse.move(0, 0)


if __name__ == "__main__":
    main()
