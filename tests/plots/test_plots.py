"""Plots show the ensemble's numbers, with labels and units; asserted on the artists, not on pixels."""

from datetime import date
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.text import Text

from simulator import Refused, plots, read_scenario, simulate
from simulator.ensemble.ensemble import Ensemble
from simulator.plots.style import COLOURS

mpl.use("Agg")


@pytest.fixture(scope="module")
def ensemble() -> Ensemble:
    return simulate(read_scenario("negotiated_reset"), 2_000, seed=7)


def test_the_fan_shows_the_median_and_three_intervals(ensemble: Ensemble) -> None:
    ax = plots.fan(ensemble)
    wide = ensemble.quantiles("warmth").value.unstack("probability")
    median = next(line for line in ax.lines if line.get_label() == "median")
    assert np.asarray(median.get_ydata(), dtype=float) == pytest.approx(wide[0.5].to_numpy())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["median", "50 %", "80 %", "95 %"]
    widest = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert widest.min() == pytest.approx(wide[0.025].min())
    assert widest.max() == pytest.approx(wide[0.975].max())


def test_the_fan_names_the_bands_it_shows_and_the_windows_of_events(ensemble: Ensemble) -> None:
    texts = {text.get_text() for text in plots.fan(ensemble).texts}
    label_of = ensemble.scenario.label_of
    assert {"confrontation", "tense", "discordant", label_of("summit"), label_of("new_start_ends")} <= texts
    assert "friendly" not in texts


WINDOWS = """
title = "Windows"
as_of = 2025-01-20
months = 12
factors.a = { label = "A", level = 40, weight = 1, half_life = 2, volatility = 3, settling = 12, drift = 1 }
"""


def windows(folder: Path, number: int, *changed: str) -> Ensemble:
    """Return a world of events on the first days of months, some of them changed by its own scenario."""
    text = WINDOWS + "".join(
        f'[events.e{n}]\nlabel = "Event {n} has a label of some length"\non = 2025-{2 + n % 11:02}-01\nprobability = 0.5\n'
        for n in range(number)
    )
    (folder / "seeds").mkdir()
    (folder / "seeds" / "w.toml").write_text(text.replace("months = 12", ""), encoding="utf-8")
    own = 'relationship = "w"\ntitle = "Mine"\nmonths = 12\n'
    own += '[events.wide]\nlabel = "A wide window"\nbetween = [2025-02-01, 2025-12-01]\nprobability = 0.5\n'
    (folder / "mine.toml").write_text(own + "\n".join(changed), encoding="utf-8")
    return simulate(read_scenario(folder / "mine.toml"), 100)


def bars(ax: Axes) -> dict[str, list[tuple[float, float]]]:
    """Return from where to where the marks at the foot of a fan reach, by their colour."""
    found: dict[str, list[tuple[float, float]]] = {}
    for line in ax.lines:
        if line.get_linewidth() == 2.5:
            left, right = line.get_xdata()
            found.setdefault(str(line.get_color()), []).append((float(left), float(right)))
    return found


def day(text: str) -> float:
    return float(mdates.date2num(date.fromisoformat(text)))


def test_every_window_is_marked_a_long_one_too_and_the_scenarios_own_dark(tmp_path: Path) -> None:
    ax = plots.fan(windows(tmp_path, 3, "[events.e1]", "probability = 0.9"))
    found = bars(ax)
    assert sorted(found[COLOURS.median]) == [(day("2025-01-20"), day("2025-12-20")), (day("2025-02-20"), day("2025-03-20"))]
    assert len(found[COLOURS.quiet]) == 2
    assert {"A wide window", *(f"Event {n} has a label of some length" for n in range(3))} <= {
        t.get_text() for t in ax.texts
    }
    assert ax.get_xlabel() == "bars at the foot: when events may happen; dark: the scenario's own"


def test_a_fan_says_how_many_windows_it_has_no_room_for_and_keeps_the_own(tmp_path: Path) -> None:
    ax = plots.fan(windows(tmp_path, 40, "[events.e32]", "probability = 0.9"))
    found = bars(ax)
    assert len(found[COLOURS.median]) == 2
    left_out = 41 - 2 - len(found[COLOURS.quiet])
    assert 0 < left_out < 39
    assert f"no room for {left_out} more" in " ".join(ax.get_xlabel().split())


def test_marks_and_names_of_windows_keep_clear_of_each_other(tmp_path: Path) -> None:
    ax = plots.fan(windows(tmp_path, 25))
    ax.figure.canvas.draw()
    names = [text for text in ax.texts if "Event" in text.get_text() or "wide" in text.get_text()]
    boxes = [Text.get_window_extent(text).padded(-1) for text in names]  # of the letters, without what is behind them
    assert len(boxes) > 10
    assert not [1 for n, one in enumerate(boxes) for other in boxes[:n] if one.overlaps(other)]


def test_events_of_the_scenarios_own_come_first_and_are_bold(tmp_path: Path) -> None:
    ax = plots.events(windows(tmp_path, 4, "[events.e2]", "probability = 0.9"))
    rows = [(label.get_text().replace("\n", " "), label.get_fontweight()) for label in ax.get_yticklabels()][::-1]
    assert [name.split(" has")[0] for name, _ in rows] == ["Event 2", "A wide window", "Event 0", "Event 1", "Event 3"]
    assert [weight for _, weight in rows] == ["bold", "bold", "normal", "normal", "normal"]
    assert "bold: stated or changed by this scenario" in ax.get_xlabel()
    assert "bold" not in plots.events(simulate(read_scenario("baseline"), 100)).get_xlabel()


def test_a_fan_of_a_factor_has_no_bands(ensemble: Ensemble) -> None:
    texts = {text.get_text() for text in plots.fan(ensemble, "nato").texts}
    assert "tense" not in texts


def test_the_histogram_holds_all_draws_and_its_labels_the_quantiles(ensemble: Ensemble) -> None:
    ax = plots.distribution(ensemble, month=12)
    assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(1)
    median = ensemble.quantiles("warmth", [0.5]).value.xs(12, level="month").iloc[0]
    assert f"median\n{median:.1f}" in {text.get_text() for text in ax.texts}
    assert ax.get_xlabel() == "points on 2026-01-20"


def test_a_month_or_name_that_is_not_there_is_refused(ensemble: Ensemble) -> None:
    with pytest.raises(Refused, match="month must be within 0 to 48, or a day from 2025-01-20 to 2029-01-20; found 49"):
        plots.distribution(ensemble, month=49)
    with pytest.raises(Refused, match=r"no factor or index is called 'wramth' \(did you mean 'warmth'\?\)"):
        plots.fan(ensemble, "wramth")
    with pytest.raises(Refused, match="no index is called 'nato'"):
        plots.bands(ensemble, "nato")


def test_a_day_means_the_month_that_covers_it(ensemble: Ensemble) -> None:
    for day in ("2026-01-20", "2025-12-21"):
        assert plots.distribution(ensemble, month=day).get_xlabel() == "points on 2026-01-20"
        assert plots.ridgeline([ensemble], month=day).get_xlabel().startswith("points on 2026-01-20")
    with pytest.raises(
        Refused, match="month must be within 0 to 48, or a day from 2025-01-20 to 2029-01-20; found 2029-01-21"
    ):
        plots.ridgeline([ensemble], month="2029-01-21")


def test_stacked_bands_fill_the_whole_and_keep_the_order_of_the_scale(ensemble: Ensemble) -> None:
    ax = plots.bands(ensemble, "european_unease")
    tops = [collection.get_paths()[0].vertices[:, 1].max() for collection in ax.collections]
    assert tops == sorted(tops)
    assert tops[-1] == pytest.approx(1)
    names = ensemble.scenario.bands_of("european_unease").names
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(names[::-1])


def test_events_are_listed_with_their_probability(ensemble: Ensemble) -> None:
    ax = plots.events(ensemble)
    assert len(ax.get_yticklabels()) == len(ensemble.events())
    shown = [text.get_text() for text in ax.texts]
    assert f"{100 * ensemble.events().probability['summit']:.0f} %" in shown


def test_another_stands_behind_a_fan_as_lines_and_marks_have_names(ensemble: Ensemble) -> None:
    other = simulate(ensemble.scenario.with_({"factors.nato.target": 60}), 500)
    ax = plots.fan(ensemble, behind=other, windows=False)
    lines = {line.get_gid(): line.get_ydata() for line in ax.lines if line.get_gid()}
    wide = other.quantiles("warmth", [0.1, 0.5, 0.9]).value.unstack("probability")
    for gid, p in (("behind-low", 0.1), ("behind-median", 0.5), ("behind-high", 0.9)):
        assert list(lines[gid]) == list(wide[p])
    assert list(lines["median"]) == list(ensemble.quantiles("warmth", [0.5]).value)
    assert {area.get_gid() for area in ax.collections} >= {"interval-50", "interval-80", "interval-95"}
    assert "bars" not in ax.get_xlabel()


def test_factors_share_one_scale(ensemble: Ensemble) -> None:
    axes = plots.factors(ensemble)
    assert len({ax.get_ylim() for ax in axes}) == 1
    labels = [ensemble.scenario.label_of(name) for name in ensemble.factors]
    assert [ax.get_title(loc="left").replace("\n", " ") for ax in axes] == labels
    figure = axes[0].figure
    figure.canvas.draw()
    [legend] = [ax.get_legend() for ax in axes if ax.get_legend()]
    assert not [ax for ax in axes if ax.bbox.overlaps(legend.get_window_extent())]
    with pytest.raises(Refused, match=r"factors\(\) needs axes for each of 8 factors; found 1"):
        plots.factors(ensemble, axes[:1])


def test_plots_draw_on_the_axes_they_are_given(ensemble: Ensemble) -> None:
    for draw in (plots.fan, plots.distribution, plots.bands):
        ax = plt.figure().add_subplot()
        assert draw(ensemble, ax=ax) is ax
    ax = plt.figure().add_subplot()
    assert plots.events(ensemble, ax) is ax


def test_type_is_smaller_in_a_column_of_text(ensemble: Ensemble) -> None:
    sizes = []
    for width in (3.3, 6.8):
        ax = plots.fan(ensemble, ax=plt.figure(figsize=(width, 2.6)).add_subplot())
        sizes.append(ax.title.get_fontsize() if ax.get_title() else ax._left_title.get_fontsize())
    assert sizes[0] < sizes[1]


def test_dollar_signs_in_titles_do_not_start_mathematics(tmp_path) -> None:
    text = """
title = "A $60 cap, or $\\\\frac{$"
as_of = 2025-01-20
months = 6
factors.a = { label = "Oil at $60 or $\\\\frac{$", level = 40, weight = 1, half_life = 2, volatility = 3, settling = 12, drift = 1 }
"""
    (tmp_path / "cap.toml").write_text(text)
    plots.dashboard(simulate(read_scenario(tmp_path / "cap.toml"), 200)).savefig(tmp_path / "cap.png")
    assert (tmp_path / "cap.png").stat().st_size > 10_000


def test_a_scenario_without_events_or_chance_still_draws(tmp_path) -> None:
    text = """
title = "Still"
as_of = 2025-01-20
months = 1
factors.a = { label = "A", level = 100, weight = 1, half_life = 2, volatility = 0, settling = 12, drift = 0 }
"""
    (tmp_path / "still.toml").write_text(text)
    plots.dashboard(simulate(read_scenario(tmp_path / "still.toml"), 50)).savefig(tmp_path / "still.png")
    assert (tmp_path / "still.png").stat().st_size > 10_000


def test_plots_take_what_matplotlib_sets_of_axes(ensemble) -> None:
    ax = plots.fan(ensemble, title="Mine, for $5", xlabel="when", ylim=(0, 60))
    assert (ax.get_title(loc="left"), ax.get_title(), ax.get_xlabel(), ax.get_ylim()) == (
        r"Mine, for \$5",
        "",
        "when",
        (0, 60),
    )
    with pytest.raises(AttributeError, match="colour"):
        plots.bands(ensemble, colour="red")
