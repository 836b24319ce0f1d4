"""Every notebook runs from a fresh kernel, says nothing on stderr, leaves no file behind, and is stored without outputs."""

import copy
import time
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

NOTEBOOKS = sorted(Path(__file__).parents[2].joinpath("notebooks").glob("*.ipynb"))

# Seconds: a notebook takes under 15 on two cores; a busy machine may be three times slower.
MOST = 45
# Characters of a line; a notebook is read as text, too.
LONGEST = 125


def stored(path: Path) -> NotebookNode:
    """Return a notebook as its file has it."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def is_bare(notebook: NotebookNode) -> bool:
    """Whether no cell holds what a run leaves behind: outputs, counts or metadata."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return not any(cell.outputs or cell.execution_count is not None for cell in code) and not any(
        cell.metadata for cell in notebook.cells
    )


def runs(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Return a notebook run in a folder; an error, a line on stderr or a file left behind fails the test."""
    done = copy.deepcopy(notebook)
    NotebookClient(done, timeout=60, allow_errors=False, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [(cell.id, output) for cell in done.cells for output in cell.get("outputs", [])]
    assert not [(name, output) for name, output in outputs if output.output_type == "error"]
    assert not [(name, output.text) for name, output in outputs if output.get("name") == "stderr"]
    left = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
    assert left == [], f"left behind: {left}"
    return done


def of(*cells: str) -> NotebookNode:
    """Return a notebook of a few code cells."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata=kernel)


def test_there_are_the_six_notebooks_in_the_order_of_reading() -> None:
    names = ["01_tour", "02_weights", "03_compare", "04_own_scenario", "05_method", "06_record"]
    assert [path.stem for path in NOTEBOOKS] == names


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_bare_and_readable_as_text(path: Path) -> None:
    notebook = stored(path)
    assert is_bare(notebook)
    assert notebook.metadata["kernelspec"]["name"] == "python3"
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    # names, not random letters: a cell keeps its id when the notebook is built again
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert [line for cell in notebook.cells for line in cell.source.splitlines() if len(line) > LONGEST] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_a_fresh_kernel_and_draws(path: Path, tmp_path: Path) -> None:
    began = time.perf_counter()
    done = runs(stored(path), tmp_path)
    assert time.perf_counter() - began < MOST
    pictures = [output for cell in done.cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
    assert pictures
    assert not is_bare(done)  # what the check of stored notebooks looks for is there after a run


def test_a_notebook_with_a_failing_cell_fails(tmp_path: Path) -> None:
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        runs(of("1 / 0"), tmp_path)


def test_a_notebook_that_warns_or_leaves_a_file_fails(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="careful"):
        runs(of("import warnings\nwarnings.warn('careful')"), tmp_path)
    with pytest.raises(AssertionError, match=r"left behind: .*page\.txt"):
        runs(of("open('page.txt', 'w').close()"), tmp_path)
