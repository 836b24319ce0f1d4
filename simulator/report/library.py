"""The scenarios that ship, by the relationship they are of, as text."""

from collections.abc import Mapping

from simulator.report.layout import filled, listing
from simulator.scenario.schema import Scenario


def by_relationship(scenarios: Mapping[str, Scenario]) -> dict[str, list[str]]:
    """Return the names of scenarios under those of their relationships, the newest first.

    Parameters
    ----------
    scenarios : mapping
        By name.

    Returns
    -------
    dict
        Relationships by the day their scenarios begin, then by how many they are; in each those that assume nothing special
        first, then by name.

    Examples
    --------
    >>> from simulator import read_scenario
    >>> found = {name: read_scenario(name) for name in ("escalation", "baseline", "today")}
    >>> list(by_relationship(found).values())
    [['today'], ['baseline', 'escalation']]
    """
    groups: dict[str, list[str]] = {}
    for name in sorted(scenarios, key=lambda name: (bool(scenarios[name].own_events), name)):
        groups.setdefault(scenarios[name].relationship or "", []).append(name)

    def newest(group: str) -> tuple[int, int]:
        days = [begins.toordinal() for name in groups[group] if (begins := scenarios[name].begins) is not None]
        return -max(days, default=0), -len(groups[group])

    return {group: groups[group] for group in sorted(groups, key=newest)}


def library_text(scenarios: Mapping[str, Scenario]) -> str:
    """Return scenarios as text, those of one relationship together, each with its summary.

    Examples
    --------
    >>> from simulator import read_scenario
    >>> print(library_text({"baseline": read_scenario("baseline")}).splitlines()[0].partition(",")[2])
     from 2025-01-20
    """
    parts = []
    for group, names in by_relationship(scenarios).items():
        told = [(name, scenarios[name].title, [" ".join((scenarios[name].summary or "").split())]) for name in names]
        parts.append("\n".join([*filled(f"{group}, from {scenarios[names[0]].begins}"), "", listing(told)]))
    return "\n\n\n".join(parts)
