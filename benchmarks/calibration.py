"""Print the measurements behind docs/calibration.md: what data say of the size of moves, and what the model makes of them.

Reads ../shared/data, which is no part of the project; without it there is nothing to measure against.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from simulator import Ensemble, Scenario, read_scenario, simulate
from simulator.scenario.numbers import median

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "calibration.md"
DATA = ROOT.parent / "shared" / "data"
POLL_ERROR = 1.5  # points, one standard error of a share near 30 % among 1,000 asked

# Series that read like warmth, 0 to 100, and the factor that an issue's votes speak of.
VOTES = {
    "all": "warmth",
    "issue_di": "arms_control",
    "issue_nu": "arms_control",
    "issue_me": "middle_east",
    "issue_hr": "human_rights",
}
# What followed the two starts: date, points, whose figure.
FOLLOWED = {
    "like_1992": [
        ("1996-12", 53, "UN votes alike"),
        ("1999-12", 49, "UN votes alike"),
    ],
    "like_2013": [
        ("2014-02", 34, "Gallup, US"),
        ("2015-02", 24, "Gallup, US"),
        ("2015-03", 19, "Levada, Russia"),
        ("2016-11", 28, "Levada, Russia"),
        ("2016-12", 45, "UN votes alike"),
    ],
}


def series(file: str, name: str) -> "pd.Series[float]":
    """Return one series of a data file, by date."""
    table = pd.read_csv(DATA / file, dtype={"date": str})
    return table[table["series"] == name].set_index("date")["value"]


def neutral(move: "pd.Series[float]", level: "pd.Series[float]") -> "pd.Series[float]":
    """Return moves as they would be at 50: divided by g of where they began (docs/model.md, One step)."""
    return move / (np.sqrt(level * (100 - level)) / 50)


def vote_moves(issue: str, years: int) -> "pd.Series[float]":
    """Return the moves of UN voting agreement over some years, 1992 to 2019, in points at neutral."""
    agreement = 100 * series("unga_us_russia_annual.csv", f"unga_agree_US_RU_{issue}").loc["1992":]
    return neutral(agreement.diff(years).iloc[years:], agreement.shift(years).iloc[years:])


def poll_moves(name: str) -> tuple[float, int]:
    """Return the yearly root mean square move of a poll, in points at neutral, sampling error taken out; and its gaps.

    Polls are years apart; of a random walk a squared move grows with the gap, so squares and years are added up.
    """
    poll = series("public_opinion.csv", name)
    years = pd.to_datetime(poll.index).to_series().diff().dt.days.to_numpy()[1:] / 365.25
    moves = neutral(poll.diff().iloc[1:], poll.shift().iloc[1:]).to_numpy()
    return float(np.sqrt(max(np.sum(moves**2 - 2 * POLL_ERROR**2) / np.sum(years), 0))), len(moves)


def spread(ensemble: Ensemble, name: str, months: int) -> float:
    """Return the standard deviation after some months, in points at neutral."""
    paths = ensemble.paths(name).to_numpy()
    start = paths[0].mean()
    return float(paths[months].std() / (np.sqrt(start * (100 - start)) / 50))


def moves(ensemble: Ensemble, name: str, months: int) -> float:
    """Return the root mean square move over some months, all starts of the paths, in points at neutral."""
    paths = ensemble.paths(name).to_numpy()
    level = paths[:-months].clip(1, 99)
    return float(np.sqrt(np.mean(((paths[months:] - paths[:-months]) / (np.sqrt(level * (100 - level)) / 50)) ** 2)))


def lines(ensemble: Ensemble) -> Iterator[str]:
    """Yield the tables of docs/calibration.md."""
    yield "\nMoves of warmth, points at neutral (root mean square)\n"
    yield f"{'':<34}{'1 year':>8}{'2 years':>9}{'4 years':>9}"
    votes = [np.sqrt(np.mean(vote_moves("all", years) ** 2)) for years in (1, 2, 4)]
    yield f"{'UN votes, all, 1992-2019':<34}{votes[0]:>8.1f}{votes[1]:>9.1f}{votes[2]:>9.1f}"
    for who, name in (
        ("Americans (Gallup)", "gallup_US_favorable_Russia"),
        ("Russians (Levada)", "levada_RUS_good_attitude_USA"),
    ):
        rms, gaps = poll_moves(name)
        yield f"{f'{who}, {gaps} gaps':<34}{rms:>8.1f}{'':>9}{'':>9}"
    model = [moves(ensemble, "warmth", 12 * years) for years in (1, 2, 4)]
    yield f"{'model, moves along the paths':<34}{model[0]:>8.1f}{model[1]:>9.1f}{model[2]:>9.1f}"
    ahead = [spread(ensemble, "warmth", 12 * years) for years in (1, 2, 4)]
    yield f"{'model, spread from the start':<34}{ahead[0]:>8.1f}{ahead[1]:>9.1f}{ahead[2]:>9.1f}"

    yield "\nSingle issues after 1 and 4 years, points at neutral: moves of UN votes, spread of the model's factor\n"
    for issue, factor in VOTES.items():
        data = [np.sqrt(np.mean(vote_moves(issue, years) ** 2)) for years in (1, 4)]
        mine = [spread(ensemble, factor, 12 * years) for years in (1, 4)]
        yield f"UN votes {issue:<10} {data[0]:5.1f} {data[1]:5.1f}    {factor:<14} {mine[0]:5.1f} {mine[1]:5.1f}"

    yield "\nFast and slow: spread after 1 month as a share of that after 12\n"
    press = -np.log(series("gpr_monthly.csv", "GPRC_RUS").loc["1992-01":])
    yield f"press (-log GPRC_RUS, 1992-2026)  {press.diff().std() / press.diff(12).std():.2f}"
    yield f"model, warmth                     {spread(ensemble, 'warmth', 1) / spread(ensemble, 'warmth', 12):.2f}"

    for start in FOLLOWED:
        yield from history(start)

    yield "\nSizes of acts, points for a factor at neutral (medians), and what history amounts to\n"
    yield from yardstick(ensemble.scenario)


def history(start: str) -> Iterator[str]:
    """Yield what followed a start of the past, and where the model puts it."""
    past = simulate(read_scenario(ROOT / "tests" / "library" / "history" / f"{start}.toml"))
    begins, paths = past.scenario.begins, past.paths("warmth").to_numpy()
    assert begins is not None
    yield f"\n{past.scenario.title}: warmth {paths[0].mean():.0f}; what followed, and where the model puts it\n"
    for when, points, whose in FOLLOWED[start]:
        month = (int(when[:4]) - begins.year) * 12 + int(when[5:]) - begins.month
        low, median, high = past.quantiles("warmth", [0.05, 0.5, 0.95]).value.xs(month, level="month")
        told = f"model 5/50/95 %: {low:.0f}/{median:.0f}/{high:.0f}; at or below: {(paths[month] <= points).mean():.0%}"
        yield f"{when}  {points:>3}  {whose:<16} {told}"
    yield from after_a_break(past)


def after_a_break(past: Ensemble) -> Iterator[str]:
    """Yield where warmth stands two years on if a lasting break came in the first year, and if none came at all."""
    first, at = past.draws()["first.lasting_break"], past.paths("warmth").to_numpy()[24]
    for words, drawn in (("a break in the first year", first <= 12), ("no break", first.isna())):
        low, median, high = np.quantile(at[drawn], [0.1, 0.5, 0.9])
        yield f"{words}: {drawn.mean():.0%} of draws; warmth after two years 10/50/90 %: {low:.0f}/{median:.0f}/{high:.0f}"


# What history amounts to on the log-odds scale: points for a factor at neutral, 25 times the change of the log-odds.
EPISODES = (
    ("opinion", "Russians favourable to the United States, 2021 to 2023: 40 to 14 % (Levada)", 40, 14),
    ("opinion", "Americans favourable to Russia, 2021 to 2023: 22 to 9 % (Gallup)", 22, 9),
    ("opinion", "Americans favourable to Russia, 2013 to 2015: 44 to 24 % (Gallup)", 44, 24),
    ("opinion", "Russians favourable to the United States, May to July 2018: 20 to 42 % (Levada)", 20, 42),
    (
        "opinion",
        "Russians favourable to the United States, 2025: 16 to 30 % (Levada; no size rests on it)",
        16,
        30,
    ),
)


def yardstick(scenario: Scenario) -> Iterator[str]:
    """Yield what history and the standing events amount to, as rows of a table from the coldest; medians."""
    rows = [
        (25 * float(np.log(b / (100 - b)) - np.log(a / (100 - a))), kind, f"**{words}**") for kind, words, a, b in EPISODES
    ]
    for key, value in scenario.numbers():
        if key.number in ("jump", "shift"):
            label = f"{scenario.label_of(key.factor)}: {scenario.label_of(key.entry)}"
            rows.append((median(value, key.kind), key.number, label))
    for size, kind, words in sorted(rows, key=lambda row: row[0]):
        yield f"| {size:+.0f} | {kind} | {words} |" if abs(size) >= 2 else f"| {size:+.1f} | {kind} | {words} |"


def missing(measured: str, page: str) -> Iterator[str]:
    """Yield the rows of tables that the page should have by what is measured, and has not."""
    told = page.replace("*", "")
    for numbers in re.findall(r"^(?:UN votes, all|model,).*?(\d+\.\d) +(\d+\.\d) +(\d+\.\d)$", measured, re.M):
        if (row := f"| {' | '.join(numbers)} |") not in told:
            yield row
    for a, b, c, d in re.findall(r"^UN votes issue_\w+ +(\S+) +(\S+) +\w+ +(\S+) +(\S+)$", measured, re.M):
        if not re.search(rf"\| {a}, {b} \| \w+ \| {c}, {d} \|", told):
            yield f"| {a}, {b} | factor | {c}, {d} |"
    yield from (row for row in measured.splitlines() if re.match(r"\| [-+]\d", row) and row not in page)
    for low, middle, high, below in re.findall(r"model 5/50/95 %: (\d+)/(\d+)/(\d+); at or below: (\d+)%", measured):
        if (row := f"| {low} / {middle} / {high} | {below} % |") not in told:
            yield row


if __name__ == "__main__":
    if not DATA.is_dir():
        sys.exit(f"{DATA}: no data to measure against")
    measured = "\n".join(lines(simulate(read_scenario("baseline"))))
    print(measured)
    if stale := list(missing(measured, PAGE.read_text(encoding="utf-8"))):
        sys.exit("docs/calibration.md does not say what is measured:\n" + "\n".join(stale))
    print("\ndocs/calibration.md says what is measured")
