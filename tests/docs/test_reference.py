"""The reference page is what the docstrings say now, and every public name has an example that runs, or says where one is."""

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from doctest import DocTestFinder
from functools import cached_property
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import simulator
from simulator import plots

DOCS = Path(__file__).parents[2] / "docs"
SCENARIO = ("with_",)


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    """The generator, as a module."""
    spec = spec_from_file_location("reference", DOCS / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def page() -> str:
    return (DOCS / "reference.md").read_text(encoding="utf-8")


def public() -> Iterator[tuple[str, Any]]:
    """Yield every public function and method, with its name on the page."""
    for name in simulator.__all__:
        value = getattr(simulator, name)
        if inspect.isfunction(value):
            yield name, value
        elif inspect.isclass(value) and not issubclass(value, Exception):
            for member, own in vars(value).items():
                if inspect.isfunction(own) and not member.startswith("_") and (name != "Scenario" or member in SCENARIO):
                    yield f"{name}.{member}", own
    for name in plots.__all__:
        yield f"plots.{name}", getattr(plots, name)


def test_the_page_is_current(reference: ModuleType, page: str) -> None:
    assert reference.page() == page, "run `make docs`"


def test_the_page_is_the_same_in_every_run(tmp_path: Path, page: str) -> None:
    code = (
        "import runpy, sys; sys.stdout.reconfigure(encoding='utf-8'); print(runpy.run_path(sys.argv[1])['page'](), end='')"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    command = [sys.executable, "-c", code, str(DOCS / "reference.py")]
    run = subprocess.run(command, capture_output=True, check=True, cwd=tmp_path, env=environment)
    assert run.stdout.decode("utf-8") == page
    assert re.search(r"\b0x[0-9a-f]{6,}|<function|object at", page) is None


def test_every_public_name_has_one_heading(page: str) -> None:
    headings = re.findall(r"^#{3,4} (.+)$", page, flags=re.MULTILINE)
    assert len(headings) == len(set(headings))
    wanted = {name for name in simulator.__all__ if not isinstance(getattr(simulator, name), ModuleType)}
    wanted |= {name for name, _ in public()}
    assert wanted <= set(headings)
    assert "## Plots" in page


@pytest.mark.parametrize("name", [name for name, _ in public()])
def test_every_public_name_has_an_example_or_says_where_one_is(name: str) -> None:
    doc = dict(public())[name].__doc__
    assert re.search(r"Examples\n\s+-{8}\n\s+(>>> |See `)", doc), name


def test_examples_are_run_because_doctest_finds_them() -> None:
    """`--doctest-modules` runs what is found in the modules that define the names."""
    finder = DocTestFinder(exclude_empty=True)
    modules = {inspect.getmodule(inspect.unwrap(value)) for _, value in public()}
    found = {test.name: len(test.examples) for module in modules for test in finder.find(module)}
    for _, value in public():
        value = inspect.unwrap(value)
        if ">>>" in (value.__doc__ or ""):
            assert found[f"{value.__module__}.{value.__qualname__}"] >= 1


def test_public_classes_and_errors_say_what_they_are() -> None:
    for name in simulator.__all__:
        assert inspect.getdoc(getattr(simulator, name)), name
        value = getattr(simulator, name)
        if inspect.isclass(value):
            for member, own in vars(value).items():
                if isinstance(own, property | cached_property) and not member.startswith("_"):
                    assert own.__doc__, f"{name}.{member}"


DOC = """Return twice a number, if * and ``x < y``.

    Parameters
    ----------
    x, y : int or None, optional
        A number
        of points.
    **rest
        Other.

    Returns
    -------
    int
        The double.

    Examples
    --------
    >>> 1 + 1
    2
    """


def test_a_docstring_becomes_markdown(reference: ModuleType) -> None:
    assert list(reference.as_markdown(DOC)) == [
        "Return twice a number, if * and `x < y`.",
        "**Parameters**",
        "- `x, y` (int or None, optional): A number of points.\n- `**rest`: Other.",
        "**Returns**",
        "- `int`: The double.",
        "**Examples**",
        "```pycon\n>>> 1 + 1\n2\n```",
    ]


def test_a_signature_is_what_one_would_type(reference: ModuleType, page: str) -> None:
    assert "with_(changes: Mapping[str, Any]) -> Scenario\n" in page
    assert "bands(ensemble: Ensemble, name: str = 'warmth', ax: Axes | None = None, **settings: Any) -> Axes\n" in page
    assert "(self" not in page


def test_code_fences_close(page: str) -> None:
    fences = re.findall(r"^```.*$", page, flags=re.MULTILINE)
    assert fences[1::2] == ["```"] * (len(fences) // 2)
    assert set(fences[::2]) == {"```python", "```pycon"}
