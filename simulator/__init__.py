"""Scenario simulator of relations between states: scenario files in, distributions of relationship warmth out."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator import plots
    from simulator.engine import simulate
    from simulator.ensemble import Ensemble
    from simulator.errors import DamagedRun, InputOutputError, InvalidFile, Problem, Refused, SimulatorError
    from simulator.files import read_scenario, shipped_scenarios
    from simulator.scenario import Scenario
    from simulator.store import read_run, save_run
    from simulator.support import assumptions

__version__ = "0.1.0"

__all__ = [
    "DamagedRun",
    "Ensemble",
    "InputOutputError",
    "InvalidFile",
    "Problem",
    "Refused",
    "Scenario",
    "SimulatorError",
    "assumptions",
    "plots",
    "read_run",
    "read_scenario",
    "save_run",
    "shipped_scenarios",
    "simulate",
]

_HOMES = {
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
