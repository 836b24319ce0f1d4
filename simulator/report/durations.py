"""How long an index stays in its bands, when it first reaches them, and where it goes from there, as text."""

from collections.abc import Iterator

from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.tables import at_month
from simulator.report.layout import filled, headed_row, width
from simulator.report.wording import headed, percent

# A band that fewer months than this begin in has no transitions worth a line.
LEAST_MONTHS = 100


def duration_lines(ensemble: Ensemble, index: str = "warmth") -> list[str]:
    """Return months in each band, first passage and transitions of an index as text.

    Examples
    --------
    >>> from simulator import read_scenario, simulate
    >>> print(duration_lines(simulate(read_scenario("baseline"), 1_000))[0])
    Durations: Relationship warmth (warmth), mean months of 49 in each band, and if
    """
    name = headed(ensemble.scenario, index)
    lines = filled(f"Durations: {name}, mean months of {ensemble.horizon + 1} in each band, and if ever there by then")
    lines += [*_bands(ensemble, index), "", *filled(f"From month to month: {name}"), *_transitions(ensemble, index)]
    return lines


def _bands(ensemble: Ensemble, index: str) -> Iterator[str]:
    room = (width() - 29) // 12
    months = [month for month in ensemble.reported if month][-room:]
    heads = "".join(f"{f'by {ensemble.dates[month]:%Y-%m}':>12}" for month in months)
    yield f"  {'':<14}{'months':>13}{heads}"
    for band, row in ensemble.time_in_band(index).xs(index).iterrows():
        reached = ensemble.first_passage(str(band), index)
        told = "".join(f"{percent(*at_month(reached, month).iloc[0]):>12}" for month in months)
        digits = 1 if row.std_error > 0.05 else 2
        mean = f"{row.months:.{digits}f} ±{max(row.std_error, 10.0**-digits):.{digits}f}"
        yield from headed_row(f"  {band}", 15, f"{mean:>13}{told}")


def _transitions(ensemble: Ensemble, index: str) -> Iterator[str]:
    table = ensemble.transitions(index)
    for band, rows in table.groupby(level="from", sort=False):
        moves = rows.droplevel("from")
        if moves["n_months"].iloc[0] < LEAST_MONTHS:
            continue
        told = []
        for to, row in moves[moves["probability"] > 0].iterrows():
            low, high = (min(max(row.probability + sign * 1.96 * row.std_error, 0.0), 1.0) for sign in (-1, 1))
            told.append(f"{'stays' if to == band else f'to {to}'} {percent(row.probability, row.std_error, low, high)}")
        yield from filled(f"{band}: {', '.join(told)}", initial_indent="  ", subsequent_indent="    ")
