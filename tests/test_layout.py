"""The architecture: modules import only upwards, nothing is named after no idea, the public names are these."""

import ast
import subprocess
import sys
from pathlib import Path

import simulator

PACKAGE = Path(simulator.__file__).parent

# What each room may import besides itself; the order is the theory (docs/design.md).
ROOMS: dict[str, set[str]] = {
    "errors": set(),
    "arrays": set(),
    "scenario": {"errors", "arrays"},
    "files": {"errors", "arrays", "scenario"},
    "engine": {"errors", "arrays", "scenario"},
    "review": {"errors", "arrays", "scenario", "files", "engine"},
    "ensemble": {"errors", "arrays", "scenario", "engine"},
    "analysis": {"errors", "arrays", "scenario", "files", "engine", "review", "ensemble"},
    "report": {"errors", "arrays", "scenario", "files", "engine", "review", "ensemble", "analysis"},
    "plots": {"errors", "arrays", "scenario", "engine", "ensemble", "analysis", "report"},
    "page": {"errors", "arrays", "scenario", "files", "engine", "review", "ensemble", "analysis", "report", "plots"},
    "notebook": {"errors", "arrays", "scenario", "files", "engine", "review", "ensemble", "analysis", "report", "page"},
    "cli": {"errors", "arrays", "scenario", "files", "engine", "review", "ensemble", "analysis", "report", "plots", "page"},
    "__main__": {"cli"},
}
# A scenario asks the room that checks files to check it again when it is changed: simulator.files.read.changed.
EXCEPTIONS = {("scenario", "files"), ("scenario", "review"), ("ensemble", "files"), ("ensemble", "analysis")}


def imports(path: Path) -> set[str]:
    """Return the rooms that a module imports from, inside functions too."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name.split(".")[1] for name in names if name.startswith("simulator.")} - {"__version__"}


def test_a_room_imports_only_from_rooms_before_it() -> None:
    for path in PACKAGE.rglob("*.py"):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if room != "__init__":
            assert imports(path) - {room} - ROOMS[room] - {b for a, b in EXCEPTIONS if a == room} == set(), path


def test_the_package_shows_its_rooms() -> None:
    seen = sorted(path.stem for path in PACKAGE.iterdir() if not path.name.startswith("__") and path.name != "py.typed")
    assert seen == sorted(set(ROOMS) - {"__main__"})


def test_the_package_knows_no_country() -> None:
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8").lower()
        text = text.replace("social sciences in china", "")  # a journal
        text = text.replace("us_russia_2025", "")  # a file that ships, in examples
        for word in ("russia", "united states", "ukraine", "china"):
            assert word not in text, (path.name, word)


def test_the_public_names_are_these() -> None:
    assert sorted(simulator.__all__) == [
        "Comparison",
        "DamagedRun",
        "Ensemble",
        "Fared",
        "InputOutputError",
        "InvalidFile",
        "Learned",
        "Ledger",
        "Outlook",
        "Problem",
        "Record",
        "Refused",
        "Scenario",
        "Score",
        "SimulatorError",
        "analysis",
        "assumptions",
        "break_even",
        "brief",
        "compare",
        "drivers",
        "ensemble",
        "event_effects",
        "explain",
        "explore",
        "fared",
        "files",
        "forecast_of",
        "html_report",
        "learn",
        "outlook",
        "page",
        "pdf_report",
        "plots",
        "read_forecasts",
        "read_outlook",
        "read_record",
        "read_run",
        "read_scenario",
        "register",
        "report",
        "review",
        "save_run",
        "scenario",
        "score",
        "shipped_records",
        "shipped_scenarios",
        "simulate",
        "sweep",
        "tornado",
    ]
    assert dir(simulator) == sorted(simulator.__all__)
    assert simulator.__version__


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import simulator, sys; print(sorted({'numpy', 'pandas', 'pydantic', 'scipy', 'matplotlib'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
