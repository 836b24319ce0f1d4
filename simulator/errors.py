"""The errors a caller can act on; each knows the exit code the command line ends with."""

from dataclasses import dataclass
from typing import ClassVar


class SimulatorError(Exception):
    """Something the user can mend; anything else that is raised is a bug."""

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
