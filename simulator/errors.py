"""The errors a caller can act on, each with the command line's exit code; and how a problem of a file is told."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any, ClassVar


class SimulatorError(Exception):
    """An error the user can fix; anything else that is raised is a bug."""

    exit_code: ClassVar[int] = 1


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a file: where, under which key, and why."""

    where: str
    key: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.key, self.message) if part)


class InvalidFile(SimulatorError):
    """A relationship or scenario file breaks a rule; `problems` holds all that were found."""

    exit_code = 3

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type["InvalidFile"], tuple[list[Problem]]]:
        return InvalidFile, (list(self.problems),)


class Refused(SimulatorError):
    """A request beyond a stated limit, or one the model gives no answer to."""

    exit_code = 4


class InputOutputError(SimulatorError):
    """A file could not be found, read or written."""

    exit_code = 5


class DamagedRun(SimulatorError):
    """A run folder is incomplete, altered, or was not written by this program."""

    exit_code = 6


@dataclass(frozen=True)
class Issue:
    """One broken rule: the key's path, what is wrong, and the rule's name where a caller needs to know it."""

    path: tuple[str | int, ...]
    message: str
    rule: str = ""


# As many names as one takes in at a glance; a longer list is cut.
MOST_LISTED = 12


def nearest(word: str, known: Collection[str]) -> str:
    """Return a hint at the nearest known word; nothing where none is near.

    Examples
    --------
    >>> nearest("wieght", ["level", "weight"]), nearest("x", ["level", "weight"])
    (" (did you mean 'weight'?)", '')
    """
    close = get_close_matches(word, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def suggestion(word: str, known: Collection[str]) -> str:
    """Return a hint at the nearest known word, or at what is known where none is near.

    Examples
    --------
    >>> suggestion("x", ["level", "weight"])
    '; known: level, weight'
    """
    if (hint := nearest(word, known)) or not known:
        return hint
    more = len(known) - MOST_LISTED
    return f"; known: {', '.join(list(known)[:MOST_LISTED])}" + (f" and {more} more" if more > 0 else "")


def shown(value: Any) -> str:
    """Return a value as a file would say it, cut to a line."""
    text = value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
