"""A panel of sliders in a notebook: move weights, targets and chances, see warmth redrawn, keep the result as a file."""

from collections.abc import Iterator
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from simulator import plots
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.simulation import simulate
from simulator.errors import Refused
from simulator.files.edit import save_changes
from simulator.files.read import Reading, read_layers
from simulator.scenario.numbers import Key, median

# Draws of each redraw: a tenth of a second, and quantiles to a quarter of a point.
N_DRAWS = 2_000
# Sliders of rates and weights reach this many times the file's number, and at least this far.
REACH, LEAST = 3.0, 1.0


class Explorer:
    """A panel of sliders over one scenario; show it in a notebook by naming it.

    Attributes
    ----------
    sliders : dict of str to widget
        By dotted key, such as ``"factors.nato.weight"``; set ``.value`` to move one.
    ensemble : Ensemble
        What is drawn: simulated, or reweighted where only weights moved and that is exact.
    figure : Figure
        Fan and distribution of warmth.
    panel : widget
        All of it.
    """

    def __init__(self, reading: Reading, n_draws: int) -> None:
        try:
            import ipywidgets
        except ImportError:
            raise Refused("explore() needs the notebook extra: pip install 'relations-simulator[notebook]'") from None
        self._widgets, self._reading, self._n_draws = ipywidgets, reading, n_draws
        self.scenario = reading.scenario
        self._simulated = simulate(self.scenario, n_draws, n_kept=n_draws)
        self._simulated_for: dict[str, float] = {}
        self.sliders = dict(self._make_sliders())
        self.figure: Figure = plt.figure(figsize=(7.6, 3.1))
        plt.close(self.figure)  # shown as the panel's picture, not by the notebook a second time
        self._picture = ipywidgets.Image(format="png")
        self._picture.layout.max_width = "100%"
        self._table, self._message = ipywidgets.HTML(), ipywidgets.HTML()
        self.path = ipywidgets.Text(value=f"my_{self.scenario.name}.toml", description="save as")
        self.panel = self._lay_out()
        self.ensemble: Ensemble = self._simulated
        self._redraw()

    def changes(self) -> dict[str, float]:
        """Return what the sliders have changed of the file, by dotted key."""
        return {key: slider.value for key, slider in self.sliders.items() if slider.value != self._file_value(key)}

    def reset(self, *_: object) -> None:
        """Move every slider back to the file's number."""
        for slider in self.sliders.values():
            slider.unobserve(self._moved, "value")
        for key, slider in self.sliders.items():
            slider.value = self._file_value(key)
            slider.observe(self._moved, "value")
        self._moved(None)

    def save(self, path: str | Path | None = None) -> Path:
        """Write the scenario with what was changed, and return where.

        Parameters
        ----------
        path : str or Path, optional
            Default: what stands in the panel. An existing file is never written over.
        """
        return save_changes(self._reading, self.changes(), path or self.path.value)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.panel)  # type: ignore[no-untyped-call]

    # --- the panel ---

    def _make_sliders(self) -> Iterator[tuple[str, Any]]:
        for name, factor in self.scenario.factors.items():
            yield self._slider(Key("factors", name, "weight"), factor.weight, self.scenario.label_of(name))
            target = factor.level if factor.target is None else factor.target
            yield self._slider(Key("factors", name, "target"), target, self.scenario.label_of(name))
        for name, event in self.scenario.events.items():
            for number in ("probability", "rate"):
                if event.enabled and getattr(event, number) is not None:
                    yield self._slider(Key("events", name, number), getattr(event, number), self.scenario.label_of(name))

    def _slider(self, key: Key, value: Any, label: str) -> tuple[str, Any]:
        number, kind = key.number, key.kind
        middle = round(median(value, kind), 0 if number == "target" else 2)  # on a step, so that keys come back to it
        top = kind.high if number in ("target", "probability") else max(LEAST, REACH * middle)
        step = 1.0 if number == "target" else 0.01
        slider = self._widgets.FloatSlider(
            value=middle, min=kind.low, max=min(top, kind.high), step=step, description=number, continuous_update=False
        )
        slider.tooltip = label
        slider.observe(self._moved, "value")
        self._middles = {**getattr(self, "_middles", {}), str(key): slider.value}
        return str(key), slider

    def _file_value(self, key: str) -> float:
        return float(self._middles[key])

    def _lay_out(self) -> Any:
        widgets = self._widgets
        factors = [
            widgets.VBox([widgets.HTML(f"<b>{escape(self.scenario.label_of(name))}</b>"), *self._of(f"factors.{name}.")])
            for name in self.scenario.factors
        ]
        events = [
            widgets.VBox(
                [widgets.HTML(f"<small>{escape(self.scenario.label_of(name))}</small>"), *self._of(f"events.{name}.")]
            )
            for name in self.scenario.events
            if self._of(f"events.{name}.")
        ]
        reset, save = widgets.Button(description="reset"), widgets.Button(description="save as scenario")
        reset.on_click(self.reset)
        save.on_click(self._save_clicked)
        wrap = widgets.Layout(display="flex", flex_flow="row wrap")
        tabs = widgets.Tab([widgets.Box(factors, layout=wrap), widgets.Box(events, layout=wrap), self._table])
        tabs.titles = ("factors", "events", "changed")
        return widgets.VBox([self._picture, widgets.HBox([reset, self.path, save]), self._message, tabs])

    def _of(self, prefix: str) -> list[Any]:
        return [slider for key, slider in self.sliders.items() if key.startswith(prefix)]

    def _save_clicked(self, _: object) -> None:
        try:
            self._message.value = f"saved in {escape(str(self.save()))}"
        except Exception as error:  # a button has no other place to say so
            self._message.value = f"<b>not saved</b>: {escape(str(error))}"

    # --- what follows when a slider moves ---

    def _moved(self, _: object) -> None:
        try:
            self.ensemble = self._ensemble()
        except Exception as error:
            self._message.value = f"<b>not drawn</b>: {escape(str(error))}"  # a browser shows nothing else
            raise
        self._message.value = ""
        self._redraw()

    def _ensemble(self) -> Ensemble:
        """Return the ensemble of the sliders: reweighted where only weights moved and that is exact, else simulated."""
        changes = self.changes()
        weights = {key: value for key, value in changes.items() if Key.parse(key).number == "weight"}
        rest = {key: value for key, value in changes.items() if key not in weights}
        is_read = any(e.when is not None and "warmth" in e.when.names for e in self._simulated.plan.events)
        to_simulate = changes if is_read else rest
        if to_simulate != self._simulated_for:
            scenario = self.scenario.with_(to_simulate)
            self._simulated = simulate(scenario, self._n_draws, n_kept=self._n_draws)
            self._simulated_for = to_simulate
        if is_read or not weights:
            return self._simulated
        return self._simulated.reweight({Key.parse(key).entry: value for key, value in weights.items()})

    def _redraw(self) -> None:
        self.figure.clear()
        # fixed places: a layout that measures every text takes longer than the simulation
        left, right = self.figure.subplots(1, 2, gridspec_kw={"left": 0.06, "right": 0.98, "bottom": 0.14, "wspace": 0.42})
        plots.fan(self.ensemble, ax=left)
        plots.distribution(self.ensemble, ax=right)
        self.figure.savefig(image := BytesIO(), format="png", dpi=110, pil_kwargs={"compress_level": 1})
        self._picture.value = image.getvalue()
        rows = "".join(
            f"<tr><td>{key}</td><td>{self._file_value(key):g}</td><td>{value:g}</td></tr>"
            for key, value in self.changes().items()
        )
        head = "<tr><th>key</th><th>file (median)</th><th>now</th></tr>"
        self._table.value = f"<table>{head}{rows}</table>" if rows else "nothing is changed"


def explore(source: str | Path, n_draws: int = N_DRAWS) -> Explorer:
    """Return a panel of sliders for the weights, targets and event chances of a scenario.

    Parameters
    ----------
    source : str or Path
        A file, or the bare name of a scenario that ships.
    n_draws : int
        Draws of each redraw.

    Raises
    ------
    Refused
        The notebook extra is not installed.

    Notes
    -----
    A slider stands at the median of the file's number. Once moved, the number is certain; back at the median it is the
    file's again.

    Examples
    --------
    >>> from simulator import explore
    >>> panel = explore("baseline", n_draws=200)
    >>> panel.sliders["factors.nato.weight"].value = 3.0
    >>> panel.changes()
    {'factors.nato.weight': 3.0}
    """
    return Explorer(read_layers(source), n_draws)
