"""Write docs/reference.md from the docstrings of the public names: `make docs`."""

import inspect
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from textwrap import dedent
from typing import Any

import matplotlib as mpl

mpl.use("Agg")  # no display is needed

import simulator
from simulator import plots

PAGE = Path(__file__).with_name("reference.md")

# The public names in order of use, each with its heading.
CHAPTERS = {
    "Read and change a scenario": ("read_scenario", "shipped_scenarios", "Scenario", "assumptions", "explore"),
    "Simulate": ("simulate", "Ensemble"),
    "Compare and explain": (
        "compare",
        "Comparison",
        "explain",
        "Ledger",
        "drivers",
        "tornado",
        "event_effects",
        "break_even",
        "brief",
        "html_report",
        "pdf_report",
    ),
    "Weigh scenarios": ("read_outlook", "outlook", "Outlook", "sweep"),
    "What happened": (
        "read_record",
        "shipped_records",
        "Record",
        "score",
        "Score",
        "learn",
        "Learned",
        "forecast_of",
        "register",
        "read_forecasts",
        "fared",
        "Fared",
    ),
    "Keep runs": ("save_run", "read_run"),
    "Errors": ("SimulatorError", "InvalidFile", "Problem", "Refused", "InputOutputError", "DamagedRun"),
}
# Of a scenario, the rest is what its file says: docs/scenario-format.md.
SHOWN = {"Scenario": ("with_", "heading", "begins", "index_names", "bands_of", "label_of")}


def sections(doc: str) -> Iterator[tuple[str, str]]:
    """Yield the title, empty for the first, and the text of each section of a numpydoc docstring."""
    parts = re.split(r"^(\w[\w ]*)\n-{3,}\n", doc, flags=re.MULTILINE)
    yield "", parts[0].strip()
    yield from ((title, text.strip("\n")) for title, text in zip(parts[1::2], parts[2::2], strict=True))


def as_markdown(doc: str) -> Iterator[str]:
    """Yield the paragraphs of a docstring: fields as lists, examples fenced."""
    for title, text in sections(inspect.cleandoc(doc)):
        if title:
            yield f"**{title}**"
        if title in ("Parameters", "Returns", "Raises", "Attributes"):
            yield fields(text)
        elif title == "Examples" and ">>>" in text:
            yield f"```pycon\n{text.strip()}\n```"
        elif text:
            yield prose(text)


def fields(text: str) -> str:
    """Return the fields of a section as a list: what stands at the margin names one, what is indented tells of it."""
    items: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line and not line.startswith(" "):
            items.append((line, []))
        elif line.strip():
            items[-1][1].append(line)
    return "\n".join(_item(*item) for item in items)


def _item(head: str, told: list[str]) -> str:
    name, colon, kind = head.partition(" : ")
    text = prose(dedent("\n".join(told))).replace("\n", " ")
    return f"- `{name}`{f' ({prose(kind)})' if colon else ''}{f': {text}' if text else ''}"


def prose(text: str) -> str:
    """Return the text of a docstring as Markdown: code in single ticks, and outside of it no mark by accident."""
    parts = re.split(r"(`[^`]+`)", text.replace("``", "`"))
    return "".join(part if part.startswith("`") else re.sub(r"([*<])(?=\S)", r"\\\1", part) for part in parts)


def signature(name: str, value: Any) -> str:
    """Return a call as one would type it, types without their modules."""
    whole = inspect.signature(value)
    parameters = [parameter for parameter in whole.parameters.values() if parameter.name != "self"]
    told = re.sub(r"\b(?:[a-z_]+\.)+(?=[A-Za-z])", "", str(whole.replace(parameters=parameters)))
    told = re.sub(r"(: |-> )'([^']+)'", r"\1\2", told)  # a class that its own methods return is written in quotes
    return f"```python\n{name}{told}\n```"


def entry(name: str, value: Any, heading: str) -> Iterator[str]:
    """Yield what the page says of one name."""
    yield f"{heading} {name}"
    if isinstance(value, property | cached_property):
        yield "A property."
    elif inspect.isfunction(value):
        yield signature(name.rpartition(".")[2], value)
    yield from as_markdown(value.__doc__ or "")


def members(name: str, value: type) -> list[str]:
    """Return the public methods and properties of a class, in order of definition."""
    shown = [m for m, v in vars(value).items() if inspect.isfunction(v) or isinstance(v, property | cached_property)]
    return [m for m in shown if not m.startswith("_") and m in SHOWN.get(name, shown)]


def page() -> str:
    """Return the page."""
    parts = ["# Reference", "Written by `make docs` from the docstrings; every example is run by the tests."]
    for chapter, names in CHAPTERS.items():
        parts.append(f"## {chapter}")
        for name in names:
            value = getattr(simulator, name)
            parts += entry(name, value, "###")
            if inspect.isclass(value):
                for member in members(name, value):
                    parts += entry(f"{name}.{member}", vars(value)[member], "####")
    parts += ["## Plots", "In `simulator.plots`."]
    for name in plots.__all__:
        parts += entry(f"plots.{name}", getattr(plots, name), "###")
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
