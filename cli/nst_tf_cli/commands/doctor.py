"""`nst-tf doctor`: what this machine can do, and what is missing."""

import shutil
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from nst_tf_cli.diagnosis import devices, files, installation, machine, self_test
from nst_tf_cli.diagnosis.finding import Finding, Level, guarded
from nst_tf_cli.options.json_option import reported
from nst_tf_cli.terminal.console import FAILED, printable
from nst_tf_cli.terminal.report import Report
from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow

MARKS = {Level.OK: " ", Level.NOTE: "!", Level.PROBLEM: "X"}
"""What a line begins with."""


@reported
def doctor() -> Report:
    """Look at what a painting needs: versions, processor, GPU, memory, weights, extras, folders; paint for a moment.

    The exit code is 1 if painting can't work. Paste the answer into a bug report.
    """
    findings = [*_findings()]
    problems = [finding for finding in findings if finding.level is Level.PROBLEM]
    verdict = f"Painting can't work here: {_count(problems)}, marked X." if problems else "Painting works here."
    return Report(
        values={"works": not problems, "findings": [_values(finding) for finding in findings]},
        text="\n".join([*_lines(findings), verdict]),
        asked=True,
        code=FAILED if problems else 0,
    )


def _findings() -> Iterator[Finding]:
    """Look at everything, also if something is broken."""
    yield from guarded("Versions", installation.find_versions)
    yield from guarded("Processor", machine.find_processor, level=Level.NOTE)
    yield from guarded("Memory", machine.find_memory, level=Level.NOTE)
    yield from guarded("Weights", files.find_weights)
    yield from guarded("Folders", files.find_folders)
    yield from guarded("Extras", installation.find_extras, level=Level.NOTE)
    yield from guarded("Environment", machine.find_environment, level=Level.NOTE)
    try:
        start_tensorflow()
    except (Exception, SystemExit) as error:
        yield Finding(section="TensorFlow", name="import", value=repr(error), level=Level.PROBLEM)
        return
    yield from guarded("TensorFlow", devices.find_devices)
    yield from guarded("Self-test", self_test.find_rate)


def _count(problems: Sequence[Finding]) -> str:
    return "one problem" if len(problems) == 1 else f"{len(problems)} problems"


def _values(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON values."""
    values = {"section": finding.section, "name": finding.name, "value": finding.value, "level": finding.level.value}
    return values | ({"advice": finding.advice} if finding.advice else {})


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield readable lines, wrapped at the width of the terminal."""
    section, names = "", max(len(finding.name) for finding in findings)
    for finding in findings:
        if finding.section != section:
            section = finding.section
            yield section
        advice = f" -> {finding.advice}" if finding.advice else ""
        head = f"{MARKS[finding.level]} {printable(finding.name):{names}}"
        text = printable(files.without_home(f"{finding.value}{advice}"))
        yield textwrap.fill(
            f"{head} {text}",
            width=max(40, shutil.get_terminal_size().columns),
            subsequent_indent=" " * (names + 3),
            break_long_words=False,
            break_on_hyphens=False,
        )
