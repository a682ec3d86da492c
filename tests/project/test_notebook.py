"""The notebook runs as it stands, and shows what it says."""

import json
from pathlib import Path

from tools.paper.notebook import execute

NOTEBOOK = json.loads((Path(__file__).parents[2] / "docs" / "paper.ipynb").read_text())


def outputs(notebook):
    return [cell["outputs"][0]["data"] if cell["outputs"] else {} for cell in notebook["cells"] if "outputs" in cell]


def test_notebook_that_walks_the_paper_runs():
    shown = outputs(execute(NOTEBOOK, SIZE=32, STEPS=1))
    kept = outputs(NOTEBOOK)
    assert [list(each) for each in shown] == [list(each) for each in kept]  # pictures where the file has pictures
    assert sum("image/jpeg" in each for each in shown) >= 6
    assert float(shown[-1]["text/plain"][0].strip("'").split()[-1]) > 0.9999
