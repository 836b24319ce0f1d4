"""TOML text to plain data, with the line of every key."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from simulator.arrays import KeyPath
from simulator.errors import InputOutputError, InvalidFile, Problem
from simulator.files.advice import advice

# A scenario is a page or two; what is larger is not one, and could exhaust the parser.
MAX_BYTES = 1_000_000

# The deepest key of a scenario, a parameter of an effect's law, stands on the sixth level.
MAX_DEPTH = 20


def is_there(path: Path) -> bool:
    """Tell whether there is a file or a folder."""
    try:
        return path.exists()
    except OSError:  # a name too long for the file system
        return False


def is_file(path: Path) -> bool:
    """Tell whether there is a file."""
    return is_there(path) and path.is_file()


def read_text(path: Path) -> str:
    r"""Return a file's text, without a byte-order mark, its lines ended by ``\n``.

    Raises
    ------
    InputOutputError
        The file cannot be read.
    InvalidFile
        It is larger than any scenario, not UTF-8, or ends a line as TOML does not.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputOutputError(f"{path}: cannot be read: {error.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise InvalidFile([Problem(str(path), "", f"has {len(raw):,} bytes; at most {MAX_BYTES:,} are read")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InvalidFile([Problem(f"{path}:{line}", "", "is not UTF-8 text; save the file as UTF-8")]) from None
    # TOML ends lines with LF or CRLF; its parser makes the second the first everywhere, in strings too
    text, lone, _ = text.replace("\r\n", "\n").partition("\r")
    if lone:
        line = text.count("\n") + 1
        rule = "ends a line with CR alone; save the file with Unix (LF) or Windows (CRLF) line ends"
        raise InvalidFile([Problem(f"{path}:{line}", "", rule)])
    return text


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """Return the data of a TOML text, to be read and not to be changed.

    Parameters
    ----------
    text : str
        The whole file.
    where : str
        The name problems are reported under.

    Raises
    ------
    InvalidFile
        The first place where the text is not TOML, with advice.
    """
    try:
        return _parsed(text)
    except RecursionError:
        raise InvalidFile([Problem(where, "", "is nested too deeply to be a scenario")]) from None
    except ValueError as error:  # TOMLDecodeError, and impossible dates or numbers
        raise InvalidFile([_syntax_problem(text, where, str(error))]) from None


@lru_cache(maxsize=32)  # a file is looked at to tell what it is, and read; a relationship is read for each scenario of it
def _parsed(text: str) -> dict[str, Any]:
    data = tomllib.loads(text)
    if _is_deeper(data, MAX_DEPTH):
        raise RecursionError
    return data


def _is_deeper(data: Any, depth: int) -> bool:
    children = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return depth == 0 or any(_is_deeper(child, depth - 1) for child in children)


def _lines(text: str) -> list[str]:
    """Return the lines of a text from `read_text`; str.splitlines knows more ends than TOML."""
    return text.removesuffix("\n").split("\n")


def _syntax_problem(text: str, where: str, message: str) -> Problem:
    lines = _lines(text)
    found = re.search(r"\(at line (\d+), column (\d+)\)", message)
    number = int(found[1]) if found else _first_bad_line(lines)
    # an unclosed string or bracket is noticed on a later line than the one that opened it
    number = min(number, len(lines))
    reason = message.split(" (at ", maxsplit=1)[0]
    told = advice(reason, lines, number)
    return Problem(
        f"{where}:{number}", "", f"not TOML: {reason}{'; ' + told if told else ''}: {lines[number - 1].strip()[:80]}"
    )


def _first_bad_line(lines: list[str]) -> int:
    """Return the line after the longest prefix that is valid."""
    valid = (n for n in range(len(lines), 0, -1) if _is_valid("\n".join(lines[:n])))
    return next(valid, 0) + 1


def _is_valid(text: str) -> bool:
    try:
        tomllib.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def has(data: Any, path: KeyPath) -> bool:
    """Tell whether data states a key."""
    for part in path:
        inside = part in data if isinstance(data, dict) else isinstance(data, list) and part in range(len(data))
        if not inside:
            return False
        data = data[part]
    return True


def line_of(text: str, path: KeyPath) -> int:
    """Return the line on which a key's statement begins.

    Parameters
    ----------
    text : str
        A valid TOML text, its lines ended by ``\\n``.
    path : tuple of str or int
        Keys, and positions in lists, from the root. A path that is not there gives line 1.

    Examples
    --------
    >>> line_of('title = "x"\\n\\n[factors.nato]\\nlevel = 12\\n', ("factors", "nato", "level"))
    4
    """
    return _places(text).get(path, 1)


@lru_cache(maxsize=8)  # each problem and warning of a file asks for one line of the same text
def _places(text: str) -> Mapping[KeyPath, int]:
    """Return the line of every key's statement, from one parse of each statement."""
    found: dict[KeyPath, int] = {}
    table: KeyPath = ()
    counts: dict[KeyPath, int] = {}
    for line, statement in _statements(text):
        data = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            table, data = _header(data, counts), {}
            for length in range(1, len(table) + 1):
                found.setdefault(table[:length], line)
        for path in _paths(data, table):
            found.setdefault(path, line)
    return found


def _header(data: Any, counts: dict[KeyPath, int]) -> KeyPath:
    """Return the path of a table, given its header alone; `counts` holds the tables so far of each list of tables."""
    path: KeyPath = ()
    while data:
        ((key, data),) = data.items()
        path = (*path, key)
        if isinstance(data, list):
            counts[path] = counts.get(path, 0) + 1
            data = {}
        if path in counts:
            path = (*path, counts[path] - 1)
    return path


def _paths(data: Any, path: KeyPath) -> Iterator[KeyPath]:
    """Yield the path of everything within data."""
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield (*path, key)
        yield from _paths(value, (*path, key))


# Strings and comments whole, so that what stands in them is neither a bracket nor the end of a statement.
TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|'
    r"'''.*?'{3,5}|"
    r'"(?:\\.|[^"\\\n])*"|'
    r"'[^'\n]*'|#[^\n]*|[\[{]|[\]}]|\n",
    re.DOTALL,
)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each statement of a valid TOML text; it is cut outside strings and brackets."""
    begins, line, depth = [1], 1, 0
    for token in (match[0] for match in TOKEN.finditer(text)):
        line += token.count("\n")
        depth += (token in ("[", "{")) - (token in ("]", "}"))
        if token == "\n" and depth == 0:
            begins.append(line)
    lines = text.split("\n")
    for first, after in pairwise([*begins, len(lines) + 1]):
        yield first, "\n".join(lines[first - 1 : after - 1])
