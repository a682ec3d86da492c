"""Python, the packages that nst-tf needs, and its extras."""

import importlib.metadata
import platform
import re
import sys
from collections.abc import Iterator, Mapping

from nst_tf.version import __version__
from nst_tf_cli.diagnosis.finding import Finding, Level

NAME = "nst-tf"
"""The distribution whose metadata lists what is needed."""

MOST_NAMES = 4
"""Missing packages of an extra that are named, at most."""


def find_versions() -> Iterator[Finding]:
    """Yield the versions of Python and of all packages that nst-tf needs."""
    yield Finding(section="Versions", name=NAME, value=__version__)
    implementation = f"{platform.python_implementation()} {platform.python_version()}"
    yield Finding(section="Versions", name="Python", value=f"{implementation}, {sys.executable}")
    yield Finding(section="Versions", name="system", value=platform.platform())
    needed = required_packages()
    if not needed:
        yield Finding(
            section="Versions",
            name="packages",
            value="not known, as nst-tf was not installed by pip",
            level=Level.NOTE,
            advice="pip install .",
        )
    for package in needed.get("", []):
        yield _package(package)


def find_extras() -> Iterator[Finding]:
    """Yield for each extra whether its packages are installed, and how to install it if not."""
    for extra, packages in required_packages().items():
        missing = [package for package in packages if _version(package) is None]
        if not extra:
            continue
        if missing:
            yield Finding(
                section="Extras",
                name=extra,
                value=f"not installed ({_shortened(missing)})",
                advice=f"pip install '{NAME}[{extra}]'",
            )
        else:
            versions = ", ".join(f"{package} {_version(package)}" for package in packages)
            yield Finding(section="Extras", name=extra, value=versions)


def _shortened(names: list[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:MOST_NAMES])} and {more} more"


def required_packages(distribution: str = NAME) -> Mapping[str, list[str]]:
    """Return the packages that a distribution requires here: extra to names, `""` for those without an extra.

    A requirement with an extra of its own, such as `tensorflow[and-cuda]`, stands for the packages of that; the
    distribution's own extras are left out.
    """
    found: dict[str, list[str]] = {}
    try:
        requirements = importlib.metadata.requires(distribution) or []
    except importlib.metadata.PackageNotFoundError:
        return {}
    for requirement in requirements:
        package, _, marker = requirement.partition(";")
        extra = re.search(r"""extra\s*==\s*['"]([^'"]+)['"]""", marker)
        named = re.match(r"([A-Za-z0-9._-]+)(?:\[([^\]]*)\])?", package.strip())
        if named and (extra or not marker.strip()):  # the others depend on the version of Python
            found.setdefault(extra[1] if extra else "", []).extend(_named(distribution, *named.groups()))
    return {extra: packages for extra, packages in found.items() if packages}


def _named(distribution: str, package: str, extra: str | None) -> list[str]:
    if extra is None or package == distribution:
        return [] if package == distribution else [package]
    return list(required_packages(package).get(extra, [package]))


def _package(name: str) -> Finding:
    version = _version(name)
    if version is not None:
        return Finding(section="Versions", name=name, value=version)
    advice = f"pip install --force-reinstall {NAME}"
    return Finding(section="Versions", name=name, value="not installed", level=Level.PROBLEM, advice=advice)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
