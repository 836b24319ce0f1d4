"""The panel in a real browser: a slider is moved by keyboard and another picture comes, reset brings back the first."""

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
PATIENCE = 30
NEEDED = {"chromium": CHROMIUM.exists(), **{name: find_spec(name) is not None for name in ("playwright", "voila")}}
MISSING = [name for name, is_there in NEEDED.items() if not is_there]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
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


def picture(page: Any) -> bytes:
    """Return the bytes of the picture that the page shows; none until it has been loaded."""
    found = page.evaluate(
        """async () => {
            const image = document.querySelector('img.widget-image');
            if (!image || !image.complete || !image.naturalWidth) return [];
            return Array.from(new Uint8Array(await (await fetch(image.src)).arrayBuffer()));
        }"""
    )
    return bytes(found)


def test_a_moved_slider_changes_the_picture_and_reset_brings_it_back(page: Any, tmp_path: Path) -> None:
    first = wait_for(lambda: picture(page), "no picture came")
    assert first.startswith(b"\x89PNG")
    handle = page.locator(".widget-slider .noUi-handle").first
    reading = page.locator(".widget-slider .widget-readout").first
    stood = reading.inner_text()
    handle.focus()
    handle.press("ArrowRight")
    moved = wait_for(lambda: (now := picture(page)) != first and now, "the picture did not change")
    assert moved.startswith(b"\x89PNG")
    assert reading.inner_text() != stood
    page.get_by_role("button", name="reset").click()
    wait_for(lambda: picture(page) == first, "reset did not bring back the first picture")
    assert reading.inner_text() == stood
    assert errors(page, tmp_path) == ""


def test_a_slider_moved_there_and_back_by_keyboard_leaves_nothing(page: Any, tmp_path: Path) -> None:
    first = wait_for(lambda: picture(page), "no picture came")
    for number in (0, 1):  # a weight of two decimals, a target in steps of a point
        handle = page.locator(".widget-slider .noUi-handle").nth(number)
        handle.focus()
        handle.press("ArrowRight")
        moved = wait_for(lambda: (now := picture(page)) != first and now, "the picture did not change")
        handle.press("ArrowLeft")
        assert wait_for(lambda moved=moved: (now := picture(page)) != moved and now, "the picture did not change") == first
    assert errors(page, tmp_path) == ""


@pytest.mark.parametrize("address", [BROKEN], indirect=True)
def test_exceptions_in_a_cell_and_in_callbacks_would_be_seen(page: Any, tmp_path: Path) -> None:
    page.locator(".noUi-handle").press("ArrowRight")
    page.get_by_role("button", name="break").click()
    for kind in ("ZeroDivisionError", "IndexError", "KeyError"):
        wait_for(lambda kind=kind: kind in errors(page, tmp_path), f"{kind} is not seen")
