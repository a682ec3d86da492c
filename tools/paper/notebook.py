"""Run the notebook that walks the paper, and keep what its cells show.

A plain run of the cells one after the other, without Jupyter: a cell's last expression is its output, a picture as JPEG
and anything else as text.
"""

import ast
import base64
import io
import json
from pathlib import Path
from typing import Any

from PIL import Image

PARAMETERS = "parameters"
"""Tag of the cell whose names may be given other values."""

Notebook = dict[str, Any]


def execute(notebook: Notebook, **parameters: Any) -> Notebook:
    """Run all code cells in one namespace.

    Args:
        notebook: As its file holds it (nbformat 4).
        parameters: Values for names that the cell tagged `parameters` sets.

    Returns:
        The notebook with the outputs.
    """
    names: dict[str, Any] = {}
    cells, count = [], 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            count += 1
            value = _run("".join(cell["source"]), names, f"cell {count}")
            if PARAMETERS in cell["metadata"].get("tags", ()):
                names.update(parameters)
            cell = {**cell, "execution_count": count, "outputs": _outputs(value, count)}
        cells.append(cell)
    return {**notebook, "cells": cells}


def refresh(path: Path) -> None:
    """Run a notebook and write its outputs into its file."""
    notebook = execute(json.loads(path.read_text()))
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


def _run(source: str, names: dict[str, Any], title: str) -> Any:
    """Run a cell, and return what its last line is if that is an expression."""
    tree = ast.parse(source, title)
    last = tree.body[-1] if tree.body else None
    shown = ast.Expression(last.value) if isinstance(last, ast.Expr) else None
    before = ast.Module(tree.body[:-1] if shown else tree.body, type_ignores=[])
    exec(compile(before, title, "exec"), names)  # noqa: S102 (the repository's own notebook)
    return eval(compile(shown, title, "eval"), names) if shown else None  # noqa: S307


def _outputs(value: Any, count: int) -> list[dict[str, Any]]:
    if value is None:
        return []
    data: dict[str, Any] = {"text/plain": [repr(value)]}
    if isinstance(value, Image.Image):
        stream = io.BytesIO()
        value.save(stream, "JPEG", quality=90, subsampling=0)
        data = {"image/jpeg": base64.b64encode(stream.getvalue()).decode(), "text/plain": ["a picture"]}
    return [{"output_type": "execute_result", "execution_count": count, "metadata": {}, "data": data}]
