"""Files of outlooks: scenarios with probabilities, every problem with its file, line and key."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from pathlib import Path
from typing import Any, TypeGuard

from simulator.errors import InputOutputError, InvalidFile, Issue, Problem, nearest, shown, suggestion
from simulator.files.find import find_scenario, near, shipped_scenarios
from simulator.files.kinds import require_kind
from simulator.files.layers import Layer
from simulator.files.read import read_scenario
from simulator.files.toml import is_there, line_of, parse_toml, read_text
from simulator.scenario.schema import Scenario
from simulator.scenario.slips import share_meant

# How far from 1 probabilities may sum: they are rounded to binary on reading, and less than this nobody means.
TOLERANCE = 1e-9

MISSING = "missing; it has no default"
FILE_KEYS = ("title", "summary", "scenarios")
ENTRY_KEYS = ("file", "probability", "rationale", "source")


@dataclass(frozen=True)
class Member:
    """A scenario of an outlook and its probability."""

    scenario: Scenario
    probability: float


@dataclass(frozen=True)
class OutlookFile:
    """What an outlook file says: scenarios of one relationship, start and horizon, with probabilities that sum to 1."""

    title: str
    summary: str | None
    members: tuple[Member, ...]


def read_outlook(path: str | Path, overrides: Iterable[str] = ()) -> OutlookFile:
    """Return the outlook that a file describes.

    Parameters
    ----------
    path : str or Path
        A TOML file: `title`, perhaps a `summary`, and two or more ``[[scenarios]]`` with `file` (relative to this file,
        or the bare name of a scenario that ships), `probability`, perhaps `rationale` and `source`.
    overrides : iterable of str
        ``"key=value"``, of each of its scenarios; see `read_scenario`.

    Raises
    ------
    InvalidFile
        It, or a scenario it names, breaks a rule; the error lists every problem with file, line, key, rule and value.
    InputOutputError
        It cannot be read.

    Examples
    --------
    >>> file = read_outlook("docs/examples/outlook.toml")
    >>> round(sum(member.probability for member in file.members), 9)
    1.0
    """
    path, overrides = Path(path), tuple(overrides)
    if not is_there(path):
        raise InputOutputError(f"{path}: {_why_none(path)}")
    text = read_text(path)
    data = parse_toml(text, str(path))
    require_kind(Layer(str(path), text, data, "outlook", path), "outlook")
    issues, foreign = list(_issues(data)), list[Problem]()
    scenarios: dict[int, Scenario] = {}
    for n, entry in _entries(data):
        try:
            if isinstance(entry.get("file"), str):
                scenarios[n] = read_scenario(_find(path.parent, entry["file"]), overrides)
        except InvalidFile as error:
            foreign += error.problems
        except InputOutputError as error:
            issues.append(Issue(("scenarios", n, "file"), str(error)))
    issues += _together(scenarios)
    if issues or foreign:
        own = sorted(issues, key=lambda issue: _line(text, issue))
        told = [Problem(f"{path}:{_line(text, issue)}", ".".join(map(str, issue.path)), issue.message) for issue in own]
        raise InvalidFile(list(dict.fromkeys([*told, *foreign])))
    members = (Member(scenarios[n], float(entry["probability"])) for n, entry in _entries(data))
    return OutlookFile(data["title"], data.get("summary"), tuple(members))


def _why_none(path: Path) -> str:
    """Return what is said of a path at which there is no outlook."""
    if str(path) in (one.stem for one in shipped_scenarios()):
        return "is a scenario, not an outlook; use relsim run"
    return f"no such file{near(path)}"


def _line(text: str, issue: Issue) -> int:
    """Return the line of the deepest part of a key that is there: an absent one is on line 1 to `line_of`."""
    return max(line_of(text, issue.path[:length]) for length in range(len(issue.path) + 1))


def _entries(data: Mapping[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    """Return the tables among a file's scenarios, with their places."""
    listed = data.get("scenarios")
    return [(n, entry) for n, entry in enumerate(listed) if isinstance(entry, dict)] if isinstance(listed, list) else []


def _issues(data: Mapping[str, Any]) -> Iterator[Issue]:
    """Yield the rules that a file breaks by itself, before its scenarios are read."""
    yield from _keys((), data, FILE_KEYS, ("title", "scenarios"))
    listed = data.get("scenarios")
    if listed is None:
        return
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        yield Issue(("scenarios",), f"must be tables, each under [[scenarios]]; found {shown(listed)}")
        return
    if len(listed) < 2:
        yield Issue(("scenarios",), f"an outlook needs at least two scenarios; found {len(listed)}")
    probabilities: list[float] = []
    for n, entry in _entries(data):
        yield from _keys(("scenarios", n), entry, ENTRY_KEYS, ("file", "probability"))
        value = entry.get("probability")
        if _is_probability(value):
            probabilities.append(value)
        elif value is not None:
            rule = "must be a plain number above 0 and at most 1, not a distribution"
            share = share_meant(value)
            hint = "" if share is None else f"; write {share:.12g}"
            yield Issue(("scenarios", n, "probability"), f"{rule}{hint}; found {shown(value)}")
    total = fsum(probabilities)
    if len(probabilities) == len(listed) and listed and abs(total - 1) > TOLERANCE:
        yield Issue(("scenarios",), f"probabilities must sum to 1, and are never rescaled; their sum is {total:.12g}")


def _is_probability(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1


def _keys(
    path: tuple[str | int, ...], table: Mapping[str, Any], known: Sequence[str], needed: Sequence[str]
) -> Iterator[Issue]:
    """Yield unknown and missing keys, and texts that are none."""
    for key, value in table.items():
        if key not in known:
            yield Issue((*path, key), "unknown key" + suggestion(key, known))
        elif key not in ("scenarios", "probability") and not (isinstance(value, str) and value.strip()):
            yield Issue((*path, key), f"must be text in quotes, and say something; found {shown(value)}")
    for key in needed:
        if key not in table:
            yield Issue((*path, key), MISSING)


def _find(folder: Path, name: str) -> Path:
    """Return the path of a scenario beside an outlook, or the shipped one of that name."""
    try:
        return find_scenario(folder / name)
    except InputOutputError:
        ready = {path.stem: path for path in shipped_scenarios()}
        if name in ready:
            return ready[name]
        beside = (one.name for one in folder.glob("*.toml"))
        told = f"no such file in {folder}, and no shipped scenario has that name; found {shown(name)}"
        raise InputOutputError(told + nearest(name, [*sorted(beside), *ready])) from None


def _together(scenarios: Mapping[int, Scenario]) -> Iterator[Issue]:
    """Yield where scenarios are not different futures of one relationship over the same time."""
    names: dict[str, int] = {}
    for n, scenario in scenarios.items():
        first, path = scenarios[min(scenarios)], ("scenarios", n, "file")
        if names.setdefault(scenario.name, n) != n:
            yield Issue(path, f"a scenario called {scenario.name!r} is already listed above; each counts once, by its name")
        if scenario.months is None:
            yield Issue(path, f"{scenario.name} has no horizon; it is a relationship, or lacks `months`")
        for word, of in (("relationship", "relationship"), ("start", "begins"), ("horizon", "months")):
            own, other = getattr(scenario, of), getattr(first, of)
            if own != other:
                rule = "scenarios of an outlook share relationship, start and horizon"
                yield Issue(path, f"{rule}; the {word} of {scenario.name} is {own}, that of {first.name} {other}")
