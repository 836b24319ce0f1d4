"""The panel in a real browser, in voila and in JupyterLab: a slider moves the fan, a target is simulated again."""

import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
import pytest

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# Seconds for what takes three on a quiet machine: a kernel starts, or a panel is drawn.
PATIENCE = 60
TOOLS = ("playwright", "voila", "jupyterlab")
NEEDED = {"chromium": CHROMIUM.exists(), **{name: find_spec(name) is not None for name in TOOLS}}
MISSING = [name for name, is_there in NEEDED.items() if not is_there]

pytestmark = [
    pytest.mark.browser,
    # where everything must be there, what is missing fails
    pytest.mark.skipif(bool(MISSING) and "CI" not in os.environ, reason=f"not installed: {', '.join(MISSING)}"),
]

# The kernel tells nobody of an exception that a callback raises: here it writes it down.
LISTEN = """
import logging
logging.basicConfig(filename="kernel.log", level=logging.ERROR, force=True)
get_ipython().showtraceback = lambda *_, **__: logging.exception("shown")
"""
CELL = LISTEN + 'from simulator import explore\nexplore("baseline", n_draws=500)'
# Three mistakes: callbacks of a slider and of a button that raise, and a cell that does.
BROKEN = f"""{LISTEN}
import ipywidgets
slider, button = ipywidgets.FloatSlider(value=1, min=0, max=2), ipywidgets.Button(description="break")
slider.observe(lambda change: [][0], "value")
button.on_click(lambda _: {{}}["key"])
display(slider, button)
1 / 0
"""


def wait_for(what: Callable[[], Any], told: str) -> Any:
    """Return the first true answer."""
    until = time.monotonic() + PATIENCE
    while not (answer := what()):
        assert time.monotonic() < until, told
        time.sleep(0.05)
    return answer


@pytest.fixture
def address(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Where voila shows a notebook of one cell."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(getattr(request, "param", CELL))])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, tmp_path / "panel.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (tmp_path / "voila.log").open("w")
    options = [f"--port={port}", "--Voila.ip=127.0.0.1", "--no-browser", "--show_tracebacks=True"]
    command = [sys.executable, "-m", "voila", "panel.ipynb", *options]
    with log, subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log) as voila:
        try:
            url = f"http://127.0.0.1:{port}/"
            wait_for(lambda: answers(url, voila), f"voila did not answer, see {tmp_path / 'voila.log'}")
            yield url
        finally:
            voila.terminate()


def answers(url: str, voila: "subprocess.Popen[bytes]") -> bool:
    assert voila.poll() is None, "voila ended"
    try:
        with urlopen(f"{url}static/", timeout=5):
            return True
    except URLError as error:
        return hasattr(error, "code")  # an answer, if not a page


# What jupyter shows of an exception, and of what was printed to standard error.
ERRORS = '[data-mime-type="application/vnd.jupyter.error"], [data-mime-type="application/vnd.jupyter.stderr"]'


@pytest.fixture
def page(address: str) -> Iterator[Any]:
    """The notebook's page in a browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        page = browser.new_page()
        page.logged = []
        page.on("pageerror", lambda error: page.logged.append(str(error)))
        page.on("console", lambda line: page.logged.append(line.text) if is_exception(line) else None)
        page.goto(address, timeout=1000 * PATIENCE)
        yield page
        browser.close()


def is_exception(line: Any) -> bool:
    """Tell whether a line of the browser's console is about more than a network that is not there."""
    return line.type == "error" and "ERR_" not in line.text


def errors(page: Any, folder: Path) -> str:
    """Return what the cells show, the page logged and the kernel wrote down of exceptions."""
    return "\n".join([*page.locator(ERRORS).all_inner_texts(), *page.logged, (folder / "kernel.log").read_text()])


def told(page: Any) -> str:
    return str(page.locator("[data-told]").inner_text(timeout=1000 * PATIENCE))


def median_path(page: Any) -> str:
    """Return the path of the fan's median."""
    return str(page.locator('[id="fan-warmth-median"] path').get_attribute("d"))


def moves_by_keyboard(page: Any) -> None:
    """A weight answers in the page, a target from the kernel; undo and reset bring back what was."""
    page.wait_for_selector(".relsim.panel.answers", timeout=1000 * PATIENCE)
    first = median_path(page)
    weight = page.locator('[data-weight="warmth.rapport"]')
    weight.focus()
    for _ in range(10):
        weight.press("ArrowRight")
    wait_for(lambda: median_path(page) != first, "the median did not move")
    assert told(page).startswith("With this, the median of relationship warmth on 20 January 2029 is")
    weighed = median_path(page)
    page.locator("details.again summary").first.click()
    target = page.locator('[data-again="factors.nato.target"]')
    target.focus()
    for _ in range(10):
        target.press("ArrowRight")
    wait_for(lambda: "Simulated again, 4,000 draws" in told(page), "the kernel did not answer")
    assert median_path(page) != weighed
    page.locator("[data-undo]").click()
    wait_for(lambda: median_path(page) == weighed, "undo did not bring back the weight alone")
    page.locator("[data-reset]").click()
    wait_for(lambda: median_path(page) == first, "reset did not bring back the file's fan")
    assert told(page) == "Nothing is moved: all is as the file has it."


def test_a_panel_in_voila_answers(page: Any, tmp_path: Path) -> None:
    moves_by_keyboard(page)
    panel, stage = (page.locator(part).bounding_box() for part in (".relsim.panel .controls", ".relsim.panel .stage"))
    assert panel["x"] > stage["x"] + stage["width"] - 1, "picture and sliders stand beside each other"
    assert errors(page, tmp_path) == ""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """Where JupyterLab shows a notebook of one cell."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, tmp_path / "panel.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [f"--port={port}", "--ip=127.0.0.1", "--no-browser", "--allow-root", "--IdentityProvider.token="]
    # what an earlier JupyterLab left of its screens and settings is not to be restored here
    places = ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR", "JUPYTER_RUNTIME_DIR")
    environment = {**os.environ, **{place: str(tmp_path / place.lower()) for place in places}}
    with (tmp_path / "lab.log").open("w") as log:
        command = [sys.executable, "-m", "jupyterlab", *options]
        with subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log, env=environment) as server:
            try:
                url = f"http://127.0.0.1:{port}/"
                wait_for(lambda: answers(url, server), f"JupyterLab did not answer, see {tmp_path / 'lab.log'}")
                yield f"{url}lab/tree/panel.ipynb"
            finally:
                server.terminate()


def shows_a_panel(page: Any) -> bool:
    """Run the cell, and tell whether its panel is there.

    JupyterLab drops keys, and a widget's first message, that come before its extensions are loaded: so a person would run it again.
    """
    from playwright.sync_api import TimeoutError as NotThere

    page.click(".jp-Cell .jp-InputArea")
    page.keyboard.press("Control+Enter")
    try:
        page.wait_for_selector(".relsim.panel.answers", timeout=1000 * PATIENCE / 3)
    except NotThere:
        logging.warning("no panel yet: %s", page.locator(".jp-Notebook").inner_text())
        return False
    return True


def test_a_panel_in_jupyterlab_answers_and_fits_its_screen(lab: str, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        raised: list[str] = []
        page.on("pageerror", lambda error: raised.append(str(error)))
        page.goto(lab, timeout=1000 * PATIENCE)
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell .jp-InputArea", timeout=1000 * PATIENCE)
        wait_for(lambda: page.locator('[data-status="idle"]').count(), "the kernel did not start")
        wait_for(lambda: shows_a_panel(page), "no panel is shown")
        moves_by_keyboard(page)
        fan, slider = (page.locator(part).bounding_box() for part in ("[data-figure=fan]", '[data-weight="warmth.nato"]'))
        ends = [(box["y"], box["y"] + box["height"]) for box in (fan, slider)]
        assert max(bottom for _, bottom in ends) - min(top for top, _ in ends) <= 700  # of 900, with Jupyter's own bars
        assert page.locator(ERRORS).count() == 0
        assert raised == []
        browser.close()


@pytest.mark.parametrize("address", [BROKEN], indirect=True)
def test_exceptions_in_a_cell_and_in_callbacks_would_be_seen(page: Any, tmp_path: Path) -> None:
    page.locator(".noUi-handle").press("ArrowRight")
    page.get_by_role("button", name="break").click()
    for kind in ("ZeroDivisionError", "IndexError", "KeyError"):
        wait_for(lambda kind=kind: kind in errors(page, tmp_path), f"{kind} is not seen")
