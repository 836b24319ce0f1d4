"""Comparisons, ledgers and drivers as text: 80 columns, and numbers that add up."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from worlds import OTHER

from simulator import Ensemble, break_even, compare, drivers, explain, read_scenario, simulate, tornado
from simulator.analysis.comparison import Comparison
from simulator.analysis.ledger import Ledger
from simulator.files.find import shipped_scenarios
from simulator.report.comparison import comparison_table
from simulator.report.why import ROWS, drivers_table, ledger_table
from simulator.report.wording import signed, signed_percent

N = 300
SHIPPED = [path.stem for path in shipped_scenarios() if read_scenario(path).relationship == "us_russia"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, toy: str) -> Path:
    path = tmp_path_factory.mktemp("worlds")
    (path / "seeds").mkdir()
    (path / "seeds" / "toy.toml").write_text(toy, encoding="utf-8")
    (path / "base.toml").write_text('relationship = "toy"\ntitle = "Base"\n', encoding="utf-8")
    (path / "other.toml").write_text(OTHER, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def base(folder: Path) -> Ensemble:
    return simulate(read_scenario(folder / "base.toml"), N)


@pytest.fixture(scope="module")
def comparison(folder: Path, base: Ensemble) -> Comparison:
    return compare(base, simulate(read_scenario(folder / "other.toml"), N))


@pytest.fixture(scope="module")
def shipped_base() -> Ensemble:
    return simulate(read_scenario("baseline"), 100, seed=7)


def widest(text: str) -> int:
    return max(len(line) for line in text.splitlines())


# --- comparison ---


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_scenarios_against_their_baseline_fit_80_columns(name: str, shipped_base: Ensemble) -> None:
    other = simulate(read_scenario(name), 100, seed=7)
    both = compare(shipped_base, other)
    why = ledger_table(explain(both.other, both.base))
    assert max(widest(comparison_table(both)), widest(why)) <= 80


def test_differences_come_first_and_levels_second(comparison: Comparison) -> None:
    lines = comparison_table(comparison).splitlines()
    heads = [
        "Other (other) against Base (base)",
        "Relationship warmth (warmth): difference in points",
        "Other indices on 2026-01-20: difference in points",
        "Levels on 2026-01-20",
    ]
    places = [lines.index(head) for head in heads]
    assert places == sorted(places)
    assert places[0] == 0
    assert lines[1] == f"12 months from 2025-01-20; {N} draws of the same worlds, seed 3"
    assert next(n for n, line in enumerate(lines) if line.startswith("Questions")) > places[-1]


def test_the_rows_are_the_differences_of_the_reported_months(comparison: Comparison) -> None:
    lines = comparison_table(comparison).splitlines()
    rows = [line.split() for line in lines if line.startswith("  20")]
    largest = comparison.largest()
    assert [row[0] for row in rows] == sorted({"2025-01-20", "2025-07-20", "2026-01-20", f"{largest.day}"})
    assert f"largest on {largest.day}: {largest.mean:+.2f}" in " ".join(lines) or largest.month in (0, 12)
    # weights 1 and 2, trade ten points higher: 10 / 3
    assert (rows[0][1], rows[0][3]) == ("+3.33", "+3.3")
    last = comparison.difference("warmth").iloc[-1]
    assert rows[-1][1:3] == [f"{last['mean']:+.2f}", f"±{last['std_error']:.2f}"]
    assert rows[-1][3:7] == [f"{last['q50']:+.1f}", f"{last['q10']:+.1f}", "to", f"{last['q90']:+.1f}"]
    assert last["warmer"] == 1
    assert rows[-1][7:] == [">", "98", "%", "<", "2", "%"]


def test_the_levels_are_those_of_each_and_the_difference_theirs(comparison: Comparison) -> None:
    lines = comparison_table(comparison).splitlines()
    at = lines.index("Levels on 2026-01-20")
    shown = lines[at + 1].split()[3:]
    bands = comparison.bands()
    both = bands[["base", "other"]].max(axis=1)
    assert set(shown) == set(both.sort_values().index[-3:])
    assert [line.split()[0] for line in lines[at + 2 : at + 5]] == ["base", "other", "difference"]
    told = [float(number) for number in re.findall(r"([+-]\d+\.\d) ±", lines[at + 4])]
    assert told == pytest.approx([100 * bands.difference[band] for band in shown], abs=0.051)
    median = comparison.other.quantiles("warmth", [0.5]).value.iloc[-1]
    assert float(lines[at + 3].split()[1]) == pytest.approx(median, abs=0.51)


def test_a_question_that_only_one_can_answer_says_so(comparison: Comparison) -> None:
    lines = comparison_table(comparison).splitlines()
    (asked,) = (line for line in lines if "Is there a boost?" in line)
    share = comparison.questions().other["boosted", "other"]
    assert asked.split()[-7:] == ["-", f"{100 * share:.0f}", "%", "not", "in", "the", "base"]
    (both,) = (line for line in lines if "Is it warmer?" in line)
    row = comparison.questions().loc[("warmer", "both")]
    assert both.split()[3:] == [
        f"{100 * row.base:.0f}",
        "%",
        f"{100 * row.other:.0f}",
        "%",
        *signed_percent(row.difference, row.std_error).split(),
    ]


def test_the_words_on_pairing_have_the_ratio_of_the_variances(comparison: Comparison) -> None:
    text = " ".join(comparison_table(comparison).split())
    ratio = comparison.difference("warmth").variance_ratio.iloc[-1]
    found = re.search(r"would need (\d+) times the draws", text)
    assert found is not None
    assert ratio < 0.1  # so that the number below says something
    assert float(found[1]) == pytest.approx(1 / ratio, abs=0.5)
    assert "Random streams that only the other draws: boost" in text


@pytest.mark.parametrize(
    ("ask", "told"),
    [("warmth >= 35.0", ["Is it warmer?"]), ("warmth >= 36", ["Is it warmer? (base)", "Is it warmer? (other)"])],
)
def test_a_question_that_both_ask_in_other_digits_is_told_once(tmp_path: Path, toy: str, ask: str, told: list[str]) -> None:
    ensembles = []
    for name, text in (("plain", toy), ("digits", toy.replace("warmth >= 35", ask))):
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
        ensembles.append(simulate(read_scenario(tmp_path / f"{name}.toml"), 50))
    lines = comparison_table(compare(*ensembles)).splitlines()
    assert [line.split("  ")[1] for line in lines if "Is it warmer?" in line] == told


def test_each_difference_is_computed_once(comparison: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    real, counts = Comparison._difference, Counter[str]()

    def counting(self: Comparison, name: str) -> pd.DataFrame:
        counts[name] += 1
        return real(self, name)

    monkeypatch.setattr(Comparison, "_difference", counting)
    text = comparison_table(Comparison(comparison.base, comparison.other))
    assert counts == {"warmth": 1, "unease": 1}
    assert "Unease" in text


def test_another_index_can_be_the_headline(comparison: Comparison) -> None:
    lines = comparison_table(comparison, "unease").splitlines()
    assert "Unease (unease): difference in points" in lines
    others = lines[lines.index("Other indices on 2026-01-20: difference in points") + 1]
    assert others.endswith("elationship warmth")
    # weights -1 and 0.5: 10 points of trade are -10 / 1.5
    assert next(line for line in lines if line.startswith("  2025-01-20")).split()[1] == "-6.67"


def test_identical_scenarios_have_no_difference_to_tell(base: Ensemble) -> None:
    text = comparison_table(compare(base, base))
    rows = [line.split() for line in text.splitlines() if line.startswith("  20")]
    assert {row[1] for row in rows} == {"0"}
    assert {(row[-4], row[-2]) for row in rows} == {("0", "100")}  # warmer in 0 %, same in 100 %
    (told,) = (line.split() for line in text.splitlines() if line.startswith("  difference "))
    assert told == ["difference", "0", "0", "0"]
    (asked,) = (line.split() for line in text.splitlines() if "Is it warmer?" in line)
    assert asked[-1] == "0"
    assert "independent seeds" not in text
    assert "random streams" not in text


def test_identical_scenarios_print_no_sign(base: Ensemble) -> None:
    assert re.findall(r"[+±]|-\d+\.", comparison_table(compare(base, base))) == []


def test_the_ledger_of_identical_scenarios_prints_no_sign(base: Ensemble) -> None:
    assert "+" not in ledger_table(explain(base, base))


def test_long_words_do_not_widen_the_table(tmp_path: Path, toy: str) -> None:
    text = toy.replace('label = "Unease"', f'label = "{"very " * 20}uneasy"')
    text = text.replace("[run]", f'[bands]\ncuts = [30, 60]\nnames = ["{"a" * 40}", "b b b", "{"c" * 40}"]\n\n[run]')
    (tmp_path / "long.toml").write_text(text, encoding="utf-8")
    one = simulate(read_scenario(tmp_path / "long.toml"), 50)
    assert widest(comparison_table(compare(one, one))) <= 80


def test_the_last_month_of_both_is_told(folder: Path, base: Ensemble) -> None:
    (folder / "short.toml").write_text('relationship = "toy"\ntitle = "Short"\nmonths = 9\n', encoding="utf-8")
    short = simulate(read_scenario(folder / "short.toml"), N)
    rows = [line.split()[0] for line in comparison_table(compare(short, base)).splitlines() if line.startswith("  20")]
    assert rows == ["2025-01-20", "2025-07-20", "2025-10-20"]


def test_one_draw_is_compared_without_a_number_that_is_none(folder: Path) -> None:
    one, other = (simulate(read_scenario(folder / f"{name}.toml"), 1) for name in ("base", "other"))
    text = comparison_table(compare(one, other))
    assert "nan" not in text.split("Levels on", maxsplit=1)[0]
    assert "would need" not in text


# --- ledger ---

ROW = re.compile(r"^  {0,12}([+-]?\d+(?:\.\d+)?)(?: ±(<?[\d.]+))?  (.+)$")


def points_of(text: str) -> tuple[list[float], list[float], float]:
    """Return the points and half last digits of the rows of a ledger, and the total."""
    found = [match for line in text.splitlines() if (match := ROW.match(line))]
    *rows, total = [(match[1], float(match[1])) for match in found]
    halves = [0.5 * 10.0 ** -len(told.partition(".")[2]) for told, _ in rows]
    return [value for _, value in rows], halves, total[1]


@pytest.fixture(scope="module")
def ledger(comparison: Comparison) -> Ledger:
    return explain(comparison.other, comparison.base)


@pytest.mark.parametrize("draw", [None, 0, N - 1])
def test_the_rows_of_a_ledger_sum_to_its_total(ledger: Ledger, draw: int | None) -> None:
    text = ledger_table(ledger, draw)
    rows, halves, total = points_of(text)
    assert len(rows) >= 2
    assert sum(rows) == pytest.approx(total, abs=sum(halves) + 0.005)
    moved = ledger.after - ledger.before
    assert total == pytest.approx(moved.mean() if draw is None else moved[draw], abs=0.0051)
    large = [abs(value) for value in rows[:-1]]
    assert large == sorted(large, reverse=True)


@pytest.mark.parametrize("draw", [None, 0, 7])
def test_the_rows_of_a_scenarios_own_ledger_sum_to_its_total(base: Ensemble, draw: int | None) -> None:
    ledger = explain(base)
    rows, halves, total = points_of(ledger_table(ledger, draw))
    assert len(rows) >= 3
    assert sum(rows) == pytest.approx(total, abs=sum(halves) + 0.005)
    moved = ledger.after - ledger.before
    assert total == pytest.approx(moved.mean() if draw is None else moved[draw], abs=0.0051)


def test_a_ledger_names_its_sources_and_the_factors_they_act_through(comparison: Comparison, ledger: Ledger) -> None:
    text = ledger_table(ledger)
    lines = text.splitlines()
    assert lines[0] == "Why: Other (other) against Base (base), relationship warmth on 2026-01-20"
    before, after = comparison.base.mean("warmth")["mean"].iloc[-1], comparison.other.mean("warmth")["mean"].iloc[-1]
    assert lines[1].startswith(f"{before:.1f} -> {after:.1f}, ")
    assert lines[1].endswith(f"; mean of {N} draws")
    (start,) = (line for line in lines if "where the two start" in line)
    assert start.split()[0] == "+3.33"
    assert start.endswith("trade +3.3")
    assert any("A boost to trade (boost)" in line for line in lines)
    assert widest(text) <= 80


def test_a_label_with_brackets_is_told_whole(tmp_path: Path, toy: str) -> None:
    label = "A break (as in 2014) that lasts"
    (tmp_path / "toy.toml").write_text(toy.replace("A crisis", label), encoding="utf-8")
    lines = ledger_table(explain(simulate(read_scenario(tmp_path / "toy.toml"), N))).splitlines()
    (place,) = (n for n, line in enumerate(lines) if "A break" in line)
    assert f"  {label}  " in lines[place]
    assert lines[place + 1].strip() == "(crisis)"


def test_small_sources_are_told_together(ledger: Ledger) -> None:
    signs = set()
    for draw in (None, *range(12)):
        text = ledger_table(ledger, draw)
        table = ledger.by_source(draw, together=True)["points"]
        small = table[(table.abs() < 0.05) & (table != 0)]
        assert len(small) > 0
        told = f"{small.sum():+.2f}" if abs(small.sum()) > 0.005 else "0.00"  # what rounds to zero has no sign
        assert f" {told}  {len(small)} others, each under 0.05" in text
        assert len(points_of(text)[0]) == (table.abs() >= 0.05).sum() + 1
        signs.add(told[0])
    assert signs == {"+", "-", "0"}


def test_the_ledger_of_one_draw_is_that_draws(base: Ensemble) -> None:
    ledger = explain(base)
    text = ledger_table(ledger, 7)
    before, after = ledger.before[7], ledger.after[7]
    assert text.splitlines()[1] == f"{before:.1f} -> {after:.1f}, {after - before:+.2f} points; draw 7 of {N}"
    assert "±" not in text  # one draw has no error
    (chance,) = (line for line in text.splitlines() if "chance from month to month" in line)
    assert float(chance.split()[0]) == pytest.approx(ledger.by_source(7).points["innovations", ""], abs=0.0051)


def test_an_event_acts_by_its_jumps_and_shifts_together(base: Ensemble) -> None:
    ledger = explain(base)
    (crisis,) = (line for line in ledger_table(ledger).splitlines() if "A crisis (crisis)" in line)
    points = ledger.table().points
    parts = [points[kind, "crisis", "arms"] for kind in ("jump", "shift")]
    assert min(map(abs, parts)) > 0.1
    assert crisis.endswith(f"  arms {sum(parts):+.1f}")


def test_the_error_of_the_total_is_that_of_its_mean(base: Ensemble) -> None:
    ledger = explain(base)
    moved = ledger.after - ledger.before
    told = signed(float(moved.mean()), float(moved.std(ddof=1) / np.sqrt(N)))
    assert ledger_table(ledger).splitlines()[1].endswith(f", {told} points; mean of {N} draws")


# --- drivers ---


@pytest.fixture(scope="module")
def driven() -> str:
    ensemble = simulate(read_scenario("baseline"), 1_000)
    shares = drivers(ensemble.scenario, month=3, n_draws=128, seed=1)
    return drivers_table(
        {"variance": shares, "tornado": tornado(ensemble), "break_even": break_even(ensemble)}, "What drives it"
    )


def test_drivers_are_told_in_80_columns_and_12_rows_each(driven: str) -> None:
    lines = driven.splitlines()
    assert widest(driven) <= 80
    assert re.search(r"\bnan\b", driven) is None
    assert [line.split("%")[0].split()[:2] for line in lines if line.startswith("  all ")] == [
        ["all", "chance"],
        ["all", "judgement"],
    ]
    assert sum("chance: " in line or "judgement: " in line for line in lines) == ROWS
    assert sum(bool(re.match(r" +\d+\.\d -> +\d+\.\d ", line)) for line in lines) == ROWS
    assert any(line.startswith("  none within 0 to 10: ") for line in lines)


def test_drivers_have_the_numbers_of_their_tables(base: Ensemble) -> None:
    shares, swings = drivers(base.scenario, n_draws=256), tornado(base)
    text = drivers_table(
        {"variance": shares, "tornado": swings, "break_even": break_even(base, threshold=34)}, "What drives it"
    )
    lines = text.splitlines()
    everything = next(line for line in lines if line.startswith("  all judgement"))
    assert everything.split()[2] == f"{100 * shares.loc[('judgement', 'all'), 'first']:.0f}"
    assert everything.split()[5].startswith(f"{100 * shares.loc[('judgement', 'all'), 'total']:.0f}")
    arms = next(line for line in lines if line.endswith("chance: months of Arms control (arms)"))
    assert arms.split()[0] == f"{100 * shares.loc[('chance', 'factors.arms'), 'first']:.0f}"
    target = next(line for line in lines if line.endswith("    target of Arms control (arms)"))
    row = swings.loc["judgement", "factors.arms.target"]
    assert target.split()[:3] == [f"{row.low:.1f}", "->", f"{row.high:.1f}"]
    assert signed(row.swing, row.std_error) in target
    assert any(line.endswith("    A summit (summit)") for line in lines)
    found = break_even(base, threshold=34).dropna()
    assert len(found) > 0
    for key, weight in found.iterrows():
        name = key.removeprefix("factors.").removesuffix(".weight")
        assert f"  {name}: {weight.weight:.2g} -> {weight.break_even:.2g}" in lines
    assert "median of warmth against 34" in text
