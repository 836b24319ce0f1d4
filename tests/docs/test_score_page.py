"""docs/score.md says what the commands print."""

from pathlib import Path

import pytest

from simulator import Learned, Score, learn, read_forecasts, read_record, read_scenario, score

PAGE = " ".join((Path(__file__).parents[2] / "docs" / "score.md").read_text(encoding="utf-8").split())

# Those that entered the file in November 2026 and can be scored.
ADDED = [
    "executive_tightening",
    "summit_called_off",
    "leader_unable",
    "nuclear_test",
    "ceasefire_collapses",
    "partial_truce",
    "partial_truce_broken",
    "strike_on_nato_soil",
    "vessel_seized",
]


@pytest.fixture(scope="module")
def learned() -> Learned:
    return learn(read_scenario("baseline", ['record="us_russia_2025"']))


@pytest.fixture(scope="module")
def scored(learned: Learned) -> Score:
    return score(learned.before, read_record("us_russia_2025"))


def test_the_page_has_the_scores(scored: Score) -> None:
    early = score(scored.ensemble, read_record("us_russia_2025"), "2026-01-20")
    for day, one in (("20 January 2026", early), ("20 September 2026", scored)):
        row = one.summary.loc["all"]
        numbers = (row.brier, row.brier_expected, row.log, row.log_expected, row.brier_coin, row.brier_base)
        assert f"| {day} | {int(row.n)} | " + " | ".join(f"{number:.3f}" for number in numbers) + " |" in PAGE
    row = scored.summary.loc["all"]
    assert f"count as {row.independent:.0f} independent ones" in PAGE
    assert f"in {100 * row.worse:.0f} % of them" in PAGE


def test_the_page_has_what_the_picture_shows(scored: Score) -> None:
    table = scored.events
    likely, rare = table[table.probability >= 0.4], table[table.probability < 0.2]
    assert f"({likely.outcome.sum()} of {len(likely)} events, where {likely.probability.sum():.1f} were expected)" in PAGE
    assert f"({rare.outcome.sum()} of {len(rare)})" in PAGE
    assert f"{table.observed.sum()} times in all, where {table.expected.sum():.1f} were expected" in PAGE
    old = table.drop(index=ADDED)
    expected = (old.probability * (1 - old.probability)).mean()
    assert f"{old.brier.mean():.3f} of {len(old)} events, expected {expected:.3f}" in PAGE
    early = score(scored.ensemble, read_record("us_russia_2025"), "2026-01-20").events
    early = early.drop(index=[name for name in ADDED if name in early.index])
    expected = (early.probability * (1 - early.probability)).mean()
    told = (
        f"{early.brier.mean():.3f} of {len(early)} by January 2026, expected {expected:.3f}, and {old.brier.mean():.3f} of"
    )
    assert told in PAGE


def test_the_page_has_what_was_off(scored: Score, learned: Learned) -> None:
    surprises = learned.events
    for event, told in (
        ("partial_truce", "{expected:.1f} expected by September 2026, {observed} seen (surprise {p:.1g} %)"),
        ("cyber_incident", "{expected:.1f} expected, {observed} seen ({p:.1g} %)"),
        ("middle_east_clash", "{expected:.1f} expected, {observed} seen ({p:.1g} %)"),
        ("vessel_seized", "{expected:.1f} expected, {observed} seen ({p:.1g} %)"),
    ):
        row = surprises.loc[event]
        assert told.format(expected=row.expected, observed=row.observed, p=100 * row.surprise) in PAGE
    worst = scored.events.loc["summit_called_off"]
    assert worst.brier == scored.events.brier.max()
    assert f"{100 * worst.probability:.0f} %, and it happened: the worst single forecast (Brier {worst.brier:.3f})" in PAGE
    assert f"{100 * scored.events.loc['ukraine_ceasefire'].probability:.0f} %, and there was none" in PAGE
    pits = scored.readings.pit
    assert f"(PIT {pits.min():.2f} to {pits.max():.2f})" in PAGE
    assert ((scored.readings.value > scored.readings.low) & (scored.readings.value < scored.readings.high)).all()


def test_the_page_publishes_the_last_digest() -> None:
    last = read_forecasts()[-1]
    assert f"last digest of that file is `{last.entry}`" in PAGE
    assert f"registered on {last.made.day} {last.made:%B %Y}" in PAGE


def test_the_page_has_what_was_learned(learned: Learned) -> None:
    numbers = learned.numbers
    assert f"Of {len(numbers)} uncertain numbers {numbers.learned.sum()} moved" in PAGE
    assert not numbers.learned[numbers.index.str.contains("weight|target|effects")].any()
    for month in (20, 48):
        row = learned.indices.xs("warmth").xs(month, level="month").iloc[0]
        ends = [f"{row[word]:.1f} ({'80 %: ' * first}{row[f'{word}_p10']:.1f} to {row[f'{word}_p90']:.1f})"
                for word, first in (("after", month == 20), ("before", False))]  # fmt: skip
        assert all(told in PAGE for told in ends), ends
