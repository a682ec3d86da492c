"""Build the wheel and the sdist into `dist/`, and check them: `python -m tools.dist`.

The wheel is built from the sdist, and must hold the same as one that is built from this folder.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
LARGEST_WHEEL = 20_000_000
"""Bytes; the built-in network takes most of them."""


def main() -> None:
    """Build, check, compare, and print the sizes."""
    shutil.rmtree(DIST, ignore_errors=True)
    _run("build", "--outdir", str(DIST), str(ROOT))
    _run("build", "--wheel", "--outdir", str(DIST / "direct"), str(ROOT))
    files = sorted(DIST.glob("*.whl")) + sorted(DIST.glob("*.tar.gz"))
    wheel, (direct,) = files[0], DIST.glob("direct/*.whl")
    if contents(wheel) != contents(direct):
        raise SystemExit(f"The wheel from the sdist differs from {direct}.")
    shutil.rmtree(DIST / "direct")
    _run("twine", "check", "--strict", *map(str, files))
    _run("check_wheel_contents", str(wheel))
    if wheel.stat().st_size > LARGEST_WHEEL:
        raise SystemExit(f"{wheel} has {wheel.stat().st_size} bytes, more than {LARGEST_WHEEL}.")
    for file in files:
        sys.stdout.write(f"{file.relative_to(ROOT)}  {file.stat().st_size / 1e6:.1f} MB\n")


def contents(wheel: Path) -> dict[str, bytes]:
    """Return a wheel's files, by name."""
    with zipfile.ZipFile(wheel) as file:
        return {name: file.read(name) for name in file.namelist()}


def _run(module: str, *arguments: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, env=environment, check=True)  # noqa: S603


if __name__ == "__main__":
    main()
