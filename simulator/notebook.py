"""A panel in a notebook: the front end of a page, behind which the kernel simulates again what is moved."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from simulator.analysis.comparison import compare
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.simulation import simulate
from simulator.errors import Refused, SimulatorError
from simulator.files.edit import save_changes
from simulator.files.read import Reading, read_layers
from simulator.page.controls import again, moving
from simulator.page.page import panel_script, rendered, style
from simulator.page.sheet import sheet
from simulator.report.comparison import comparison_table
from simulator.report.layout import effective
from simulator.scenario.numbers import Key

# Draws of the file's own curve, and those of what is simulated again: at once, then while one looks.
N_DRAWS = 2_000
STREAMED = (1_000, 4_000)


class Explorer:
    """A panel over one scenario; show it in a notebook by naming it.

    Weights and suppositions are answered in the browser; targets, rates and probabilities are simulated again in the kernel.

    Attributes
    ----------
    scenario : Scenario
        As its file has it.
    widget : anywidget.AnyWidget
        What a notebook shows.
    """

    def __init__(self, reading: Reading, n_draws: int) -> None:
        self._reading, self._n_draws = reading, n_draws
        self._lock, self._wanted, self._thread = Lock(), "", Thread()
        self.scenario = reading.scenario
        self._own = self._simulated(self.scenario, n_draws)
        it = moving(self._own) | {
            "panel": True,
            "path": f"my_{self.scenario.name}.toml",
            "again": again(self.scenario),
            "title": self._own.heading,
            "draws": effective(self._own),
            "seed": self._own.seed,
        }
        html = rendered("panel.html", it=it)
        self.widget = _widget_class()(html=html, first=sheet(self._own), state=_state({}))
        self.widget.observe(self._moved, "state")
        self.widget.on_msg(self._asked)

    def changes(self) -> dict[str, float]:
        """Return what is changed of the file, by dotted key."""
        state = self.widget.state
        weights = {
            f"factors.{factor}.weight" if index == "warmth" else f"indices.{index}.weights.{factor}": value
            for index, own in state["weights"].items()
            for factor, value in own.items()
        }
        return {key: float(value) for key, value in (weights | state["again"]).items()}

    def set(self, changes: Mapping[str, float]) -> None:
        """Change numbers of the file, as their sliders do.

        Parameters
        ----------
        changes : mapping
            By dotted key; others stay where they are.

        Raises
        ------
        InvalidFile
            A key is unknown or a value breaks a rule.
        """
        self.scenario.with_(self.changes() | dict(changes))
        state = json.loads(json.dumps(self.widget.state))
        for key, value in changes.items():
            parsed = Key.parse(key)
            if parsed.number == "weight":
                state["weights"].setdefault("warmth", {})[parsed.entry] = float(value)
            elif parsed.number == "index_weight":
                state["weights"].setdefault(parsed.entry, {})[parsed.factor] = float(value)
            else:
                state["again"][key] = float(value)
        self.widget.state = _state(state["again"]) | {key: state[key] for key in ("index", "weights", "suppose", "ask")}

    def reset(self) -> None:
        """Move everything back to the file's numbers."""
        self.widget.state = _state({})

    @property
    def ensemble(self) -> Ensemble:
        """The scenario with what is changed, simulated; suppositions left out."""
        changes = self.changes()
        return self._simulated(self.scenario.with_(changes), self._n_draws) if changes else self._own

    def save(self, path: str | Path | None = None) -> Path:
        """Write the scenario with what was changed, and return where.

        Parameters
        ----------
        path : str or Path, optional
            Default: my_ and the scenario's name. An existing file is never written over.
        """
        return save_changes(self._reading, self.changes(), path or f"my_{self.scenario.name}.toml")

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.widget)  # type: ignore[no-untyped-call]

    # --- what the browser asks ---

    def _moved(self, change: Any) -> None:
        """Simulate again where a number moved that no page can count anew; what was asked before is dropped."""
        state = change["new"]
        with self._lock:
            self._wanted = state["key"]
            if state["again"] and not self._thread.is_alive():
                self._thread = Thread(target=self._stream, daemon=True)
                self._thread.start()

    def _stream(self) -> None:
        """Send what is wanted, first of few draws and then of more, until nothing newer is."""
        done = ""
        while True:
            with self._lock:
                wanted, changes = self._wanted, dict(self.widget.state["again"])
                if wanted == done or not changes:
                    self._thread = Thread()
                    return
            self._send(wanted, changes)
            done = wanted

    def _send(self, wanted: str, changes: Mapping[str, float]) -> None:
        for n_draws in STREAMED:
            try:
                found = sheet(self._simulated(self.scenario.with_(changes), n_draws), figures=False)
            except SimulatorError as error:
                self.widget.message = f"not simulated: {error}"
                return
            if wanted != self._wanted:
                return
            with self.widget.hold_sync():
                self.widget.now_for, self.widget.message = wanted, ""
                self.widget.now = found

    def _asked(self, _: Any, asked: Mapping[str, Any], __: Any) -> None:
        try:
            if "save" in asked:
                self.widget.message = f"saved in {self.save(str(asked['save']))}"
            elif "compare" in asked:
                found = compare(self._own, self.ensemble)
                self.widget.message = comparison_table(found)
        except SimulatorError as error:
            self.widget.message = f"not done: {error}"

    def _simulated(self, scenario: Any, n_draws: int) -> Ensemble:
        return simulate(scenario, n_draws, n_kept=n_draws)


def _state(changes: Mapping[str, float]) -> dict[str, Any]:
    """Return what a panel shows where nothing but some simulated numbers is moved, as its script writes it."""
    key = json.dumps(sorted([name, value] for name, value in changes.items()), separators=(",", ":"))
    return {"index": "warmth", "weights": {}, "suppose": {}, "ask": None, "again": dict(changes), "key": key}


@cache
def _widget_class() -> Any:
    """Return the widget that a notebook shows.

    Raises
    ------
    Refused
        The notebook extra is not installed.
    """
    try:
        from anywidget import AnyWidget
        from traitlets import Bytes, Dict, Unicode
    except ImportError:
        raise Refused("explore() needs the notebook extra: pip install 'relations-simulator[notebook]'") from None

    class Panel(AnyWidget):
        """The front end; `state` is what its reader moved, `now` what was simulated for `now_for`."""

        _esm, _css = panel_script(), style()
        html, message, now_for = Unicode().tag(sync=True), Unicode().tag(sync=True), Unicode().tag(sync=True)
        first, now, state = Bytes().tag(sync=True), Bytes().tag(sync=True), Dict().tag(sync=True)

    return Panel


def explore(source: str | Path, n_draws: int = N_DRAWS) -> Explorer:
    """Return a panel for the weights, targets and event chances of a scenario, and for what one may suppose.

    Parameters
    ----------
    source : str or Path
        A file, or the bare name of a scenario that ships.
    n_draws : int
        Draws of the file's own curve.

    Raises
    ------
    Refused
        The notebook extra is not installed.

    Notes
    -----
    A slider stands at the median of the file's number. Once moved, the number is certain; after a reset it is the file's
    again.

    Examples
    --------
    >>> from simulator import explore
    >>> panel = explore("baseline", n_draws=200)
    >>> panel.set({"factors.nato.weight": 3.0})
    >>> panel.changes()
    {'factors.nato.weight': 3.0}
    """
    return Explorer(read_layers(source), n_draws)
