"""Scenario simulator of relations between states: scenario files in, distributions of relationship warmth out."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator import plots
    from simulator.briefing import brief
    from simulator.comparison import Comparison, compare, explain
    from simulator.counterfactual import event_effects
    from simulator.engine import simulate
    from simulator.ensemble import Ensemble
    from simulator.errors import DamagedRun, InputOutputError, InvalidFile, Problem, Refused, SimulatorError
    from simulator.exploring import explore
    from simulator.files import read_scenario, shipped_scenarios
    from simulator.ledger import Ledger
    from simulator.outlook_file import read_outlook
    from simulator.pooling import Outlook, outlook
    from simulator.scenario import Scenario
    from simulator.sensitivity import break_even, drivers, tornado
    from simulator.store import read_run, save_run
    from simulator.support import assumptions

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
    "event_effects": "counterfactual",
    "explore": "exploring",
    "Outlook": "pooling",
    "outlook": "pooling",
    "read_outlook": "outlook_file",
    "Ledger": "ledger",
    "break_even": "sensitivity",
    "brief": "briefing",
    "drivers": "sensitivity",
    "explain": "comparison",
    "tornado": "sensitivity",
    "Comparison": "comparison",
    "compare": "comparison",
    "assumptions": "support",
    "simulate": "engine",
    "Ensemble": "ensemble",
    "DamagedRun": "errors",
    "InputOutputError": "errors",
    "InvalidFile": "errors",
    "Problem": "errors",
    "Refused": "errors",
    "SimulatorError": "errors",
    "read_scenario": "files",
    "shipped_scenarios": "files",
    "Scenario": "scenario",
    "read_run": "store",
    "save_run": "store",
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
