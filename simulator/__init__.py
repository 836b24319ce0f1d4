"""Scenario simulator of relations between states: scenario files in, distributions of relationship warmth out."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator import plots
    from simulator.analysis.break_even import break_even
    from simulator.analysis.comparison import Comparison, compare
    from simulator.analysis.leave_one_out import assumptions, event_effects
    from simulator.analysis.ledger import Ledger, explain
    from simulator.analysis.outlook import Outlook, outlook
    from simulator.analysis.tornado import tornado
    from simulator.analysis.variance import drivers
    from simulator.ensemble.ensemble import Ensemble
    from simulator.ensemble.simulation import simulate
    from simulator.ensemble.store import read_run, save_run
    from simulator.errors import DamagedRun, InputOutputError, InvalidFile, Problem, Refused, SimulatorError
    from simulator.files.outlook import read_outlook
    from simulator.files.read import read_scenario, shipped_scenarios
    from simulator.notebook import explore
    from simulator.report.brief import brief
    from simulator.scenario.schema import Scenario

__version__ = "0.1.0"

__all__ = [
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

_HOMES = {
    "event_effects": "analysis.leave_one_out",
    "explore": "notebook",
    "Outlook": "analysis.outlook",
    "outlook": "analysis.outlook",
    "read_outlook": "files.outlook",
    "Ledger": "analysis.ledger",
    "break_even": "analysis.break_even",
    "brief": "report.brief",
    "drivers": "analysis.variance",
    "explain": "analysis.ledger",
    "tornado": "analysis.tornado",
    "Comparison": "analysis.comparison",
    "compare": "analysis.comparison",
    "assumptions": "analysis.leave_one_out",
    "simulate": "ensemble.simulation",
    "Ensemble": "ensemble.ensemble",
    "DamagedRun": "errors",
    "InputOutputError": "errors",
    "InvalidFile": "errors",
    "Problem": "errors",
    "Refused": "errors",
    "SimulatorError": "errors",
    "read_scenario": "files.read",
    "shipped_scenarios": "files.read",
    "Scenario": "scenario.schema",
    "read_run": "ensemble.store",
    "save_run": "ensemble.store",
}


def __getattr__(name: str) -> Any:
    # names are imported when they are used: `relsim --help` must not wait for pandas
    if name == "plots":
        return import_module("simulator.plots")
    if name in _HOMES:
        return getattr(import_module(f"simulator.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'simulator' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
