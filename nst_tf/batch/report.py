"""The report of a batch: JSON Lines, a row per picture, written while it goes on."""

import json
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from nst_tf.batch import remote
from nst_tf.batch.paths import shown
from nst_tf.batch.record import Record
from nst_tf.storage.atomic_files import atomic_write
from nst_tf.storage.path_checks import address, check_writable

REPORT = "report.jsonl"
"""Name of the report, in the folder of the results."""

SECONDS = 30.0
"""Time between two versions of a report at a URL, where nothing can be appended."""


class Report:
    """Writes each record as it comes, and all of them in the jobs' order at the end.

    A report of the same name is replaced; any other file is refused.
    """

    def __init__(self, path: Path) -> None:
        """Check that the report can be written.

        Raises:
            OSError: If there is another file, or it can't be written.
        """
        self._path, self._rows = path, list[str]()
        self._written = time.monotonic()
        if address(path):
            return
        if path.is_file() and not _is_report(path):
            raise FileExistsError(f"{path} exists, and is no report; name another with --report.")
        path.parent.mkdir(parents=True, exist_ok=True)
        check_writable(path, "report", overwrite=True)

    def __enter__(self) -> "Report":
        """Begin an empty report."""
        self._rewrite()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what has not been written yet."""
        if address(self._path):
            self._rewrite()

    def add(self, record: Record) -> None:
        """Append a row.

        Raises:
            OSError: If it can't be written.
        """
        self._rows.append(record.as_json())
        if not address(self._path):
            with self._path.open("a", encoding="utf-8") as stream:
                stream.write(f"{self._rows[-1]}\n")
        elif time.monotonic() - self._written > SECONDS:
            self._rewrite()

    def finish(self, records: Iterable[Record]) -> None:
        """Replace all rows by those of all pictures, in their order.

        Raises:
            OSError: If it can't be written.
        """
        self._rows = [record.as_json() for record in records]
        self._rewrite()

    def _rewrite(self) -> None:
        data = "".join(f"{row}\n" for row in self._rows).encode()
        if address(self._path):
            remote.write_bytes(shown(self._path), data)
            self._written = time.monotonic()
        else:
            with atomic_write(self._path, overwrite=True) as stream:
                stream.write(data)


def _is_report(path: Path) -> bool:
    """Tell whether a file is empty, or begins with a row of a report."""
    with path.open("rb") as stream:
        line = stream.readline(1 << 20)
    try:
        row = json.loads(line) if line.strip() else {"status": "", "content": "", "output": ""}
    except ValueError:
        return False
    return isinstance(row, dict) and {"content", "output", "status"} <= set(row)
