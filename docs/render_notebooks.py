"""Run every notebook in a temporary copy and write it with its pictures into docs/notebooks/: part of `make docs`."""

import re
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from nbconvert import MarkdownExporter
from nbformat import NotebookNode
from PIL import Image

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "notebooks"
# Pixels; a picture wider than a page is made smaller.
WIDEST = 900

WIDGET = "application/vnd.jupyter.widget-view+json"
# GitHub prints what pandas puts before a table for the notebook's own page
STYLE = re.compile(r"<style.*?</style>\n?", re.DOTALL)


def executed(path: Path) -> NotebookNode:
    """Return a notebook with its outputs; nothing is written beside it."""
    notebook = nbformat.read(path, as_version=4)
    with TemporaryDirectory() as folder:
        NotebookClient(notebook, timeout=120, coalesce_streams=True, resources={"metadata": {"path": folder}}).execute()
    return notebook


def readable(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook with what a page cannot show replaced: live panels, and styles of tables."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if WIDGET in data:
                output.data = NotebookNode({"text/markdown": "*(Here the notebook shows its panel of sliders.)*"})
            elif "text/html" in data:
                data["text/html"] = STYLE.sub("", data["text/html"])
    return notebook


def small(picture: bytes) -> bytes:
    """Return a picture no wider than a page, in few colours: a third of the size."""
    image = Image.open(BytesIO(picture)).convert("RGB")
    if image.width > WIDEST:
        image = image.resize((WIDEST, round(image.height * WIDEST / image.width)), Image.Resampling.LANCZOS)
    image.quantize(128).save(written := BytesIO(), format="PNG", optimize=True)
    return written.getvalue()


def described(lines: list[str]) -> Iterator[str]:
    """Return the lines of a page, each picture described by the heading it stands under."""
    heading = ""
    for line in lines:
        heading = line.lstrip("# ") if line.startswith("## ") else heading
        yield line.rstrip().replace("![png](", f"![{heading}](")


def render(path: Path, folder: Path) -> None:
    """Write NAME.md and its pictures, NAME_CELL_OUTPUT.png."""
    page, resources = MarkdownExporter().from_notebook_node(readable(executed(path)), {"unique_key": path.stem})
    origin = f"*[notebooks/{path.name}](../../notebooks/{path.name}), run by `make docs`.*\n"
    # pages stand one folder deeper than notebooks, and link to each other as pages
    page = re.sub(r"\]\((\d\d_\w+)\.ipynb\)", r"](\1.md)", page).replace("](../docs/", "](../")
    text = "\n".join(described(f"{origin}\n{page}".splitlines())).rstrip() + "\n"
    (folder / f"{path.stem}.md").write_text(text, encoding="utf-8")
    for name, picture in resources["outputs"].items():
        (folder / name).write_bytes(small(picture))


def main() -> None:
    """Write all pages anew; those of before stay if a notebook fails."""
    with TemporaryDirectory() as folder:
        for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
            render(path, Path(folder))
        shutil.rmtree(FOLDER, ignore_errors=True)
        shutil.copytree(folder, FOLDER)


if __name__ == "__main__":
    main()
