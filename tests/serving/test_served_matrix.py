"""Every file of the input matrix by the library and by the served model: the same pixels, or it stands in the table."""

from pathlib import Path

import pytest
from helpers.reading_table import ALIKE, LIBRARY, READ, ROWS, SERVED, outcomes, row_of, samples, table

PAGE = Path(__file__).parents[2] / "docs" / "pictures.md"


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Name of each sample to what is done with it."""
    folder = tmp_path_factory.mktemp("pictures")
    return {name: outcomes(data, folder) for name, data in samples()}


def test_both_read_alike_or_it_stands_in_the_table(found):
    wrong = {}
    for name, (library, served) in found.items():
        row = row_of(name)
        said = (LIBRARY[row.library], SERVED[row.served]) if row else ({READ}, {ALIKE})
        if library not in said[0] or served not in (*said[1], None):
            wrong[name] = (library, served, row)
    assert not wrong


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.pictures)
def test_every_row_is_needed(row, found):
    assert any(row_of(name) is row and outcome != (READ, ALIKE) for name, outcome in found.items())


def test_page_has_the_table():
    begin, end = "<!-- reading:begin -->\n\n", "\n\n<!-- reading:end -->"
    assert PAGE.read_text().split(begin)[1].split(end)[0] == table()
