"""Plots of comparisons, ledgers and drivers show their tables' numbers; asserted on the artists, not on pixels."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer

from simulator import Ensemble, Refused, compare, plots, read_scenario, simulate, tornado
from simulator.analysis.comparison import Comparison
from simulator.analysis.ledger import explain
from simulator.plots.style import COLOURS
from simulator.plots.why import BARS
from simulator.report.causes import cause

mpl.use("Agg")

N = 500


@pytest.fixture(scope="module")
def base() -> Ensemble:
    return simulate(read_scenario("baseline"), N, seed=7)


@pytest.fixture(scope="module")
def other() -> Ensemble:
    return simulate(read_scenario("escalation"), N, seed=7)


@pytest.fixture(scope="module")
def comparison(base: Ensemble, other: Ensemble) -> Comparison:
    return compare(base, other)


def edges(collection: Any) -> np.ndarray[Any, Any]:
    """Return the lowest and highest end of a filled band at each x, (n_x, 2)."""
    vertices = collection.get_paths()[0].vertices
    return np.array(
        [[own.min(), own.max()] for x in np.unique(vertices[:, 0]) for own in [vertices[vertices[:, 0] == x, 1]]]
    )


def labels(ax: Axes) -> list[str]:
    return [label.get_text().replace("\n", " ") for label in ax.get_yticklabels()]


def title(ax: Axes) -> str:
    return ax.get_title(loc="left").replace("\n", " ")


def bars(ax: Axes) -> list[tuple[float, float, float]]:
    """Return the bars of a plot: middle, left end and width."""
    return [(patch.get_y() + patch.get_height() / 2, patch.get_x(), patch.get_width()) for patch in ax.patches]


# --- fans ---


def test_both_fans_are_the_quantiles_of_the_ensembles(comparison: Comparison) -> None:
    levels, _ = plots.compared(comparison).axes
    for place, ensemble in enumerate((comparison.base, comparison.other)):
        wide = ensemble.quantiles("warmth", [0.1, 0.5, 0.9]).value.unstack("probability")
        assert edges(levels.collections[place]) == pytest.approx(wide[[0.1, 0.9]].to_numpy())
        line = next(line for line in levels.lines if line.get_label() == ensemble.scenario.title)
        assert np.asarray(line.get_ydata(), dtype=float) == pytest.approx(wide[0.5].to_numpy())
        assert line.get_color() == (COLOURS.base, COLOURS.other)[place]
        assert line.get_linestyle() == ("--", "-")[place]
    assert [text.get_text() for text in levels.get_legend().get_texts()] == ["Baseline", "Escalation"]


def test_the_difference_below_is_that_of_the_same_worlds(comparison: Comparison) -> None:
    _, apart = plots.compared(comparison, "nato").axes
    paths = comparison.apart("nato")
    for place, (low, high) in enumerate(((0.025, 0.975), (0.1, 0.9), (0.25, 0.75))):
        wanted = paths.quantile([low, high], axis=1).T.to_numpy()
        assert edges(apart.collections[place]) == pytest.approx(wanted)
    mean = next(line for line in apart.lines if line.get_label() == "mean")
    assert np.asarray(mean.get_ydata(), dtype=float) == pytest.approx(paths.mean(axis=1).to_numpy())
    assert apart.get_title(loc="left") == f"Difference in the same {N} worlds"
    assert [text.get_text() for text in apart.get_legend().get_texts()] == ["mean", "50 %", "80 %", "95 %"]


def test_fans_are_drawn_on_the_figure_that_is_passed(comparison: Comparison) -> None:
    figure = plt.figure()
    assert plots.compared(comparison, figure=figure) is figure
    assert len(figure.axes) == 2
    with pytest.raises(Refused, match="did you mean 'warmth'"):
        plots.compared(comparison, "wramth")


# --- ridgeline ---


def test_ridges_are_ordered_by_median_and_their_titles_wrapped(base: Ensemble, other: Ensemble) -> None:
    names = ("negotiated_reset", "congress_locks_in_sanctions")
    three = [simulate(read_scenario(name), N, seed=7) for name in names]
    ensembles = [three[0], base, other, three[1]]
    ax = plots.ridgeline(ensembles)
    medians = [one.quantiles("warmth", [0.5]).value.iloc[-1] for one in ensembles]
    order = np.argsort(medians)
    assert labels(ax) == [ensembles[n].scenario.title for n in order]
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [float(dot.get_xdata()[0]) for dot in dots] == pytest.approx(sorted(medians))
    beside = [text.get_text() for text in ax.texts if text.xy[0] == 1.01]
    assert beside == [f"{median:.0f}" for median in sorted(medians)]
    spans = [tuple(line.get_xdata()) for line in ax.lines if list(line.get_ydata()) in [[row, row] for row in range(4)]]
    wanted = [tuple(ensembles[n].quantiles("warmth", [0.1, 0.9]).value.iloc[-2:]) for n in order]
    assert np.array(spans) == pytest.approx(np.array(wanted))


def test_ridges_stand_on_the_bands_of_an_index(base: Ensemble, other: Ensemble) -> None:
    ax = plots.ridgeline([base, other])
    edges = sorted(line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == ":")
    low, high = ax.get_xlim()
    assert edges == pytest.approx([100 * k / 6 for k in range(1, 6) if low < 100 * k / 6 < high])
    assert {"confrontation", "tense", "discordant"} <= {text.get_text() for text in ax.texts}
    assert not [line for line in plots.ridgeline([base, other], "nato").lines if line.get_linestyle() == ":"]


def test_a_ridge_is_the_smoothed_share_of_draws_at_its_month(base: Ensemble, other: Ensemble) -> None:
    ax = plots.ridgeline([base, other], "nato", 12)
    assert "points on 2026-01-20" in ax.get_xlabel()
    first = sorted((base, other), key=lambda one: one.quantiles("nato", [0.5]).value.xs(12, level="month").iloc[0])
    heights = [edges(collection)[:, 1] - row for row, collection in enumerate(ax.collections)]
    values = [one.paths("nato").xs(12, level="month").to_numpy()[0] for one in first]
    shares = [np.histogram(own, bins=np.arange(101))[0] / N for own in values]
    smooth = [np.convolve(share, [0.25, 0.5, 0.25], mode="same") for share in shares]
    top = max(own.max() for own in smooth)
    for drawn, own in zip(heights, smooth, strict=True):
        assert drawn == pytest.approx(0.95 * own / top, abs=0.012)  # a draw on an edge may lie in either bin


# --- dumbbell ---


def test_dumbbells_are_the_questions_that_both_can_answer(comparison: Comparison) -> None:
    table = comparison.questions()
    known = table.dropna(subset=["difference"]).sort_values("difference", kind="stable")
    assert 0 < len(known) < len(table)
    ax = plots.dumbbell(comparison)
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [float(dot.get_xdata()[0]) for dot in dots[::2]] == pytest.approx(known.base.to_list())
    assert [float(dot.get_xdata()[0]) for dot in dots[1::2]] == pytest.approx(known.other.to_list())
    assert [int(dot.get_ydata()[0]) for dot in dots[::2]] == list(range(len(known)))
    scenario = comparison.base.scenario
    assert labels(ax) == [scenario.label_of(str(name)) for name, _ in known.index]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["Baseline", "Escalation"]
    assert ax.get_xlim()[0] < 0 < 1 < ax.get_xlim()[1]


def test_a_dumbbell_says_whose_a_question_is_where_two_share_its_name(tmp_path: Path, toy: str) -> None:
    asked = ("warmth >= 35", "warmth >= 35.0", "warmth >= 30")
    for number, ask in enumerate(asked):
        (tmp_path / f"w{number}.toml").write_text(toy.replace("warmth >= 35", ask), encoding="utf-8")
    one, alike, other = (simulate(read_scenario(tmp_path / f"w{number}.toml"), 50) for number in range(3))
    assert labels(plots.dumbbell(compare(one, alike))) == ["Is it warmer?"]
    assert sorted(labels(plots.dumbbell(compare(one, other)))) == ["Is it warmer? (base)", "Is it warmer? (other)"]


def test_without_a_common_question_there_is_no_dumbbell(tmp_path: Path, toy: str) -> None:
    (tmp_path / "none.toml").write_text(toy.split("[questions", maxsplit=1)[0], encoding="utf-8")
    one = simulate(read_scenario(tmp_path / "none.toml"), 20)
    with pytest.raises(Refused, match="no question that both scenarios can answer"):
        plots.dumbbell(compare(one, one))


# --- waterfall ---


@pytest.mark.parametrize("draw", [None, 3])
@pytest.mark.parametrize("paired", [False, True])
def test_the_bars_of_a_waterfall_lead_from_one_end_to_the_other(
    comparison: Comparison, draw: int | None, paired: bool
) -> None:
    ledger = explain(comparison.other, comparison.base) if paired else explain(comparison.base)
    ax = plots.waterfall(ledger, draw)
    ends = [float(values.mean() if draw is None else values[draw]) for values in (ledger.before, ledger.after)]
    *steps, first, last = bars(ax)
    assert [middle for middle, _, _ in (first, last)] == pytest.approx([len(steps) + 1, 0])
    assert [left + width / 2 for _, left, width in (first, last)] == pytest.approx(ends)
    assert [middle for middle, _, _ in steps] == pytest.approx(list(range(len(steps), 0, -1)))
    at = ends[0]
    for _, left, width in steps:
        assert left == pytest.approx(at)
        at = left + width
    assert at == pytest.approx(ends[1])
    table = ledger.by_source(draw, together=True)["points"]
    assert len(steps) in (BARS, BARS + 1)
    assert [width for _, _, width in steps[: BARS - 1]] == pytest.approx(table.iloc[: BARS - 1].to_list())
    rest = table.iloc[BARS - 1 :]
    told = [part.sum() for part in (rest[rest > 0], rest[rest < 0]) if len(part)]
    assert [width for _, _, width in steps[BARS - 1 :]] == pytest.approx(told)


def test_a_waterfall_names_its_bars_and_tells_the_rest_together(base: Ensemble, comparison: Comparison) -> None:
    ledger = explain(base)
    ax = plots.waterfall(ledger)
    told = labels(ax)[::-1]
    table = ledger.by_source(together=True)["points"]
    assert (told[0], told[-1]) == ("the start", "the end")
    shown = table.index[: BARS - 1]
    assert told[1:BARS] == [cause(ledger, str(kind), str(name)) for kind, name in shown]
    assert {"A lasting break, as in 2014 and 2022", "Leaders' rapport heads lower"} <= set(told)
    rest = table.iloc[BARS - 1 :]
    assert told[-2] == f"{(rest < 0).sum()} others that take away"
    assert told[-3] == f"{(rest > 0).sum()} others that add"
    beside = [text.get_text().split(" ±")[0] for text in ax.texts][: BARS - 1]
    assert [float(text) for text in beside] == pytest.approx(table.iloc[: BARS - 1].to_list(), abs=0.051)
    assert ax.get_xlim()[0] >= 0
    assert title(ax) == f"Baseline: relationship warmth on 2029-01-20, mean of {N} draws"
    apart = plots.waterfall(explain(comparison.other, comparison.base), 3)
    assert (labels(apart)[-1], labels(apart)[0]) == ("Baseline", "Escalation")
    assert title(apart) == "Escalation against Baseline: relationship warmth on 2029-01-20, draw 3"
    assert plots.waterfall(ledger, title="Mine").get_title(loc="left") == "Mine"


def test_a_label_with_brackets_is_told_whole(tmp_path: Path, toy: str) -> None:
    label = "A break (as in 2014) that lasts"
    (tmp_path / "toy.toml").write_text(toy.replace("A crisis", label), encoding="utf-8")
    one = simulate(read_scenario(tmp_path / "toy.toml"), 100)
    for ledger in (explain(one), explain(one, one)):
        assert [text for text in labels(plots.waterfall(ledger)) if text.startswith(label)]


def test_what_cools_is_hatched(base: Ensemble) -> None:
    ax = plots.waterfall(explain(base))
    for patch in ax.patches[:-2]:
        assert patch.get_hatch() == ("///" if patch.get_width() < 0 else "")
        assert mpl.colors.to_hex(patch.get_facecolor()) == (COLOURS.base if patch.get_width() < 0 else COLOURS.other)


def whiskers(ax: Axes) -> list[list[float]]:
    """Return both ends of every error bar, from the top to the foot of a plot."""
    found = [segment for box in ax.containers if isinstance(box, ErrorbarContainer) for segment in box.lines[2]]
    ends = [(own[0][1], own[:, 0].tolist()) for one in found for own in one.get_segments()]  # type: ignore[attr-defined]
    return [x for _, x in sorted(ends, key=lambda end: -end[0])]


def test_the_whiskers_of_a_waterfall_are_95_percent_intervals(comparison: Comparison) -> None:
    ledger = explain(comparison.other, comparison.base)
    ax = plots.waterfall(ledger)
    table = ledger.by_source(together=True).iloc[: BARS - 1]
    ends = ledger.ends()[0] + table.points.cumsum()
    wanted = [
        [end - 1.96 * error, end + 1.96 * error] for end, error in zip(ends, table.std_error, strict=True) if error > 0
    ]
    wanted.append([ledger.ends()[1] - 1.96 * ledger.std_error, ledger.ends()[1] + 1.96 * ledger.std_error])
    assert np.array(whiskers(ax)) == pytest.approx(np.array(wanted), abs=1e-4)
    low, high = ax.get_xlim()
    assert low < np.min(wanted) < np.max(wanted) < high
    assert whiskers(plots.waterfall(ledger, 3)) == []


def test_a_waterfall_says_how_far_its_axis_is_zoomed(base: Ensemble) -> None:
    ax = plots.waterfall(explain(base))
    low, high = ax.get_xlim()
    told = " ".join(ax.get_xlabel().split())
    assert f"zoomed: {low:.1f} to {high:.1f} of a scale from 0 to 100" in told


def test_a_waterfall_of_nothing_still_draws(base: Ensemble, tmp_path: Path) -> None:
    ax = plots.waterfall(explain(base, base))
    ax.figure.savefig(tmp_path / "nothing.png")
    assert (tmp_path / "nothing.png").stat().st_size > 5_000


# --- tornado ---


def test_the_bars_of_a_tornado_end_at_the_tables_means(base: Ensemble) -> None:
    table = tornado(base)
    ax = plots.tornado_bars(table)
    shown = table.head(BARS)[::-1]
    found = bars(ax)
    lows, highs = found[: len(shown)], found[len(shown) :]
    assert [middle for middle, _, _ in lows] == pytest.approx(list(range(len(shown))))
    assert [left + width for _, left, width in lows] == pytest.approx(shown.low.to_list())
    assert [left + width for _, left, width in highs] == pytest.approx(shown.high.to_list())
    (middle,) = {left for _, left, _ in found}
    assert shown[["low", "high"]].min(axis=None) < middle < shown[["low", "high"]].max(axis=None)
    assert middle == pytest.approx(base.mean("warmth")["mean"].iloc[-1], abs=1.5)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["low, or without", "high, or with"]


def test_both_ends_of_a_tornados_bars_have_whiskers_and_nothing_crosses_the_legend(base: Ensemble) -> None:
    table = tornado(base)
    ax = plots.tornado_bars(table, ensemble=base)
    shown = table.head(BARS)
    wanted = {
        (round(end - 1.96 * error, 3), round(end + 1.96 * error, 3))
        for side in ("low", "high")
        for end, error in zip(shown[side], shown[f"{side}_std_error"], strict=True)
    }
    assert {(round(low, 3), round(high, 3)) for low, high in whiskers(ax)} == wanted
    ax.figure.canvas.draw()
    assert ax.get_legend().get_window_extent().y1 < ax.bbox.y0
    assert title(ax) == "Baseline: what the mean goes with"


def test_a_tornado_names_events_and_which_number_of_what(base: Ensemble) -> None:
    table = tornado(base)
    told = labels(plots.tornado_bars(table))[::-1]
    assert told == table.head(BARS).label.to_list()
    for (kind, key), text in zip(table.head(BARS).index, told, strict=True):
        _, entry, *number = key.split(".")
        if kind == "chance":
            assert text == base.scenario.label_of(entry)
        else:
            assert text == f"{' '.join(number)} of {base.scenario.label_of(entry)}"
    assert {kind for kind, _ in table.head(BARS).index} == {"chance", "judgement"}


def test_an_empty_tornado_draws_or_is_refused(base: Ensemble) -> None:
    table = tornado(base).iloc[:0]
    with suppress(Refused):
        plots.tornado_bars(table)


def test_a_label_that_is_cut_says_so(base: Ensemble) -> None:
    event = base.scenario.events["lasting_break"].model_copy(update={"label": "a very long label " * 12})
    events = type(base.scenario.events)({**base.scenario.events, "lasting_break": event})
    wordy = replace(base, scenario=base.scenario.model_copy(update={"events": events}))
    (cut,) = (text for text in labels(plots.waterfall(explain(wordy))) if text.startswith("a very long"))
    assert cut.endswith(("...", "…"))


# --- forest ---


@pytest.fixture(scope="module")
def differences(base: Ensemble, other: Ensemble) -> list[Comparison]:
    reset = simulate(read_scenario("negotiated_reset"), N, seed=7)
    return [compare(base, one) for one in (reset, other, base)]


def test_a_forest_has_a_row_for_each_scenario_with_mean_interval_and_worlds(differences: list[Comparison]) -> None:
    ax = plots.forest(differences, month=24)
    tables = [one.difference("warmth").xs(24, level="month").iloc[0] for one in differences]
    order = sorted(range(3), key=lambda place: tables[place]["mean"])
    assert labels(ax) == ["Escalation", "Baseline", "Negotiated reset"]
    assert order == [1, 2, 0]
    ranges = [line.get_xdata() for line in ax.lines if line.get_linewidth() == 5]
    assert np.array(ranges) == pytest.approx(np.array([tables[place][["q10", "q90"]].to_list() for place in order]))
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [float(dot.get_xdata()[0]) for dot in dots] == pytest.approx([tables[place]["mean"] for place in order])
    wanted = [
        [row["mean"] - 1.96 * row.std_error, row["mean"] + 1.96 * row.std_error] for row in (tables[0], tables[2], tables[1])
    ]
    assert np.array(whiskers(ax)) == pytest.approx(np.array(wanted), abs=1e-4)
    zero = [line for line in ax.lines if list(line.get_xdata()) == [0, 0] and list(line.get_ydata()) == [0, 1]]
    assert len(zero) == 1
    assert title(ax) == "Against Baseline: relationship warmth on 2027-01-20"


def test_a_forest_of_nothing_or_of_two_bases_is_refused(differences: list[Comparison], other: Ensemble) -> None:
    with pytest.raises(Refused, match=r"^forest\(\) draws a list, each one Comparison; found an empty one$"):
        plots.forest([])
    with pytest.raises(Refused, match="differences from one base; found several"):
        plots.forest([*differences, compare(other, differences[0].other)])
    with pytest.raises(Refused, match="month must be within 0 to 48"):
        plots.forest(differences, month=49)


# --- all of them ---


def test_plots_draw_on_the_axes_they_are_given(comparison: Comparison, base: Ensemble) -> None:
    drawn = {
        "ridgeline": lambda ax: plots.ridgeline([base], ax=ax),
        "dumbbell": lambda ax: plots.dumbbell(comparison, ax),
        "waterfall": lambda ax: plots.waterfall(explain(base), ax=ax),
        "tornado": lambda ax: plots.tornado_bars(tornado(base), ax),
        "forest": lambda ax: plots.forest([comparison], ax=ax),
    }
    for name, draw in drawn.items():
        ax = plt.figure().add_subplot()
        assert draw(ax) is ax, name
        assert len(ax.lines) + len(ax.patches) > 0, name
        assert ax.figure.get_supxlabel() == "", name  # the figure is the caller's


def test_dollar_signs_do_not_start_mathematics_and_nothing_warns(tmp_path: Path, toy: str) -> None:
    dollar = "A $60 cap, or $\\\\frac{"  # an even number of them: mathematics, and wrong
    text = toy.replace('"Toy"', f'"{dollar}"')
    for label in ("Trade", "Arms control", "A summit", "A crisis", "Is it warmer?"):
        text = text.replace(f'label = "{label}"', f'label = "{label} {dollar}"')
    (tmp_path / "cap.toml").write_text(text, encoding="utf-8")
    one = simulate(read_scenario(tmp_path / "cap.toml"), 200)
    warmer = simulate(read_scenario(tmp_path / "cap.toml", ["factors.trade.level=60"]), 200)
    both = compare(one, warmer)
    figures = [
        plots.compared(both),
        plots.ridgeline([one, warmer]).figure,
        plots.dumbbell(both).figure,
        plots.waterfall(explain(both.other, both.base)).figure,
        plots.waterfall(explain(one), title=one.scenario.title).figure,
        plots.tornado_bars(tornado(one), ensemble=one).figure,
        plots.forest([both]).figure,
    ]
    for number, figure in enumerate(figures):
        figure.savefig(tmp_path / f"{number}.png")  # a warning is an error here
        assert (tmp_path / f"{number}.png").stat().st_size > 5_000
