"""The architecture: modules import only upwards, nothing is named after no idea, the public names are these."""

import ast
import subprocess
import sys
from pathlib import Path

import simulator

PACKAGE = Path(simulator.__file__).parent

# From what knows nothing to what knows all; a module may import those before it.
ORDER = [
    "errors",
    "timeline",
    "laws",
    "distributions",
    "conditions",
    "scenario",
    "checks",
    "toml_text",
    "validation",
    "files",
    "schema",
    "streams",
    "dynamics",
    "plan",
    "possible",
    "inputs",
    "events",
    "paths",
    "estimates",
    "tally",
    "tables",
    "reweighting",
    "attribution",
    "ledger",
    "ensemble",
    "engine",
    "comparison",
    "sensitivity",
    "counterfactual",
    "outlook_file",
    "pooling",
    "store",
    "report",
    "report_analysis",
    "report_outlook",
    "briefing",
    "describe",
    "coherence",
    "support",
    "changes",
    "event_changes",
    "differences",
    "template",
    "plot_style",
    "plots_analysis",
    "plots_outlook",
    "plots",
    "saving",
    "exploring",
    "cli_options",
    "cli_analysis",
    "cli",
    "__main__",
]


def imports(module: str) -> set[str]:
    """Return the modules of the package that a module imports when it is loaded."""
    tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
    found = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "simulator":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("simulator."):
            found.add(str(node.module).split(".")[1])
    return found - {"__version__"}


def test_the_order_names_every_module() -> None:
    assert sorted(ORDER) == sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")


def test_modules_import_only_upwards() -> None:
    for place, module in enumerate(ORDER):
        assert imports(module) <= set(ORDER[:place]), module


def test_the_package_knows_no_country() -> None:
    for path in PACKAGE.glob("*.py"):
        text = path.read_text(encoding="utf-8").lower()
        text = text.replace("social sciences in china", "")  # a journal
        for word in ("russia", "united states", "ukraine", "china"):
            assert word not in text, (path.name, word)


def test_the_public_names_are_these() -> None:
    assert simulator.__all__ == sorted(simulator.__all__)
    assert simulator.__all__ == [
        "Comparison",
        "DamagedRun",
        "Ensemble",
        "InputOutputError",
        "InvalidFile",
        "Ledger",
        "Outlook",
        "Problem",
        "Refused",
        "Scenario",
        "SimulatorError",
        "assumptions",
        "break_even",
        "brief",
        "compare",
        "drivers",
        "event_effects",
        "explain",
        "explore",
        "outlook",
        "plots",
        "read_outlook",
        "read_run",
        "read_scenario",
        "save_run",
        "shipped_scenarios",
        "simulate",
        "tornado",
    ]
    assert dir(simulator) == [*sorted([*simulator.__all__, "__version__"])]


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import simulator, sys; print(sorted({'numpy', 'pandas', 'pydantic', 'scipy', 'matplotlib'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
