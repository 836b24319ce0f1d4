"""What a late start leaves behind: events of a relationship whose days are over, and which drop out."""

from simulator.scenario.known import firings
from simulator.scenario.schema import Event, Scenario


def dropped(scenario: Scenario) -> tuple[str, ...]:
    """Return the events whose day or window is over by the start, so that they cannot happen.

    Those that are switched off, that a file says have happened, or that the scenario's record tells of, are not among them.

    Examples
    --------
    >>> from simulator import read_scenario
    >>> dropped(read_scenario("baseline")), dropped(read_scenario("baseline", ["start=2025-07-01"]))
    ((), ('nato_summit_2025',))
    """
    told, begins = {firing.event for firing in firings(scenario, counted=True)}, scenario.begins

    def is_over(event: Event) -> bool:
        last = event.on or (event.between[1] if event.between else None)
        return begins is not None and last is not None and last <= begins and event.enabled and not event.happened

    return tuple(name for name, event in scenario.events.items() if is_over(event) and name not in told)


def words(scenario: Scenario) -> str:
    """Return what a start after events of the relationship leaves behind, in one line; nothing where it is none.

    Examples
    --------
    >>> from simulator import read_scenario
    >>> words(read_scenario("baseline", ["start=2025-07-01"]))  # doctest: +NORMALIZE_WHITESPACE
    'left out, being over by the start, 2025-07-01: nato_summit_2025;
     events.NAME.happened = true says that one has happened'
    """
    names = dropped(scenario)
    if not names:
        return ""
    listed = f"left out, being over by the start, {scenario.begins}: {', '.join(names)}"
    return f"{listed}; events.NAME.happened = true says that one has happened"
