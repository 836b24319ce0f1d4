"""TOML text to plain data, with the line of every key and advice on the slips analysts make."""

import re
import tomllib
from bisect import bisect_left
from pathlib import Path
from typing import Any

from simulator.arrays import KeyPath
from simulator.errors import InputOutputError, InvalidFile, Problem

# A scenario is a page or two; what is larger is not one, and could exhaust the parser.
MAX_BYTES = 1_000_000

# The deepest key of a scenario, a parameter of an effect's law, stands on the sixth level.
MAX_DEPTH = 20


# What stands on the offending line, and what to tell its author. First match wins.
ADVICE = (
    (r"[\u201c\u201d\u2018\u2019\u00ab\u00bb]", 'use straight quotes " instead of typographic ones'),
    (r"=\s*-?\d+,\d", "write decimals with a point: 0.5, not 0,5"),
    (r"\d\s*%", "write shares as decimals without a percent sign: 0.3, not 30%"),
    (r"^[^#]*=\s*\"[^\"]*$", "close the quote on the line it was opened on"),
    (r"=\s*(True|False)\b", "write true and false in lower case"),
    (r"\b\d{4}-\d{2}(?!-?\d)", "write dates with their day: 2025-06-01"),
    (r"\{[^}]*$", "an inline table { ... } stays on one line"),
    (r"=\s*[A-Za-z_]", "put text in straight quotes"),
    (r"=\s*(#.*)?$", "a value is missing after ="),
)


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
    """Return the data of a TOML text.

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
        data = tomllib.loads(text)
        if _is_deeper(data, MAX_DEPTH):
            raise RecursionError
    except RecursionError:
        raise InvalidFile([Problem(where, "", "is nested too deeply to be a scenario")]) from None
    except ValueError as error:  # TOMLDecodeError, and impossible dates or numbers
        raise InvalidFile([_syntax_problem(text, where, str(error))]) from None
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
    line = lines[number - 1]
    reason = message.split(" (at ", maxsplit=1)[0]
    if "overwrite" in reason or "twice" in reason or "mutate" in reason:
        advice = _first_definition(lines, number)
    else:
        advice = next((advice for pattern, advice in ADVICE if re.search(pattern, line)), "")
    return Problem(f"{where}:{number}", "", f"not TOML: {reason}{'; ' + advice if advice else ''}: {line.strip()[:80]}")


def _first_bad_line(lines: list[str]) -> int:
    """Return the line after the longest prefix that is valid."""
    valid = (n for n in range(len(lines), 0, -1) if _data("\n".join(lines[:n])) is not None)
    return next(valid, 0) + 1


def _first_definition(lines: list[str], number: int) -> str:
    """Return where a key or table that is defined twice was first defined."""
    line = lines[number - 1].strip()
    is_table = line.startswith("[")
    name = line.split("=")[0].strip() if not is_table else line.split("]")[0] + "]"
    for earlier in range(number - 1, 0, -1):
        text = lines[earlier - 1].strip()
        if text.startswith(name) and (is_table or text[len(name) :].lstrip().startswith("=")):
            return f"{name} already stands on line {earlier}"
        if text.startswith("[") and not is_table:
            break
    return f"{name} is already stated above"


def _data(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return None


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

    The shortest prefix of whole statements that holds the key ends with the key's own. It is found by bisection, so that
    a long file is parsed only a few times.

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
    if not path or not has(_data(text), path):
        return 1
    lines, begins = _lines(text), _statements(text)
    ends = [begin - 1 for begin in begins[1:]] + [len(lines)]
    return begins[bisect_left(range(len(ends)), True, key=lambda n: has(_data("\n".join(lines[: ends[n]])), path))]


# Strings and comments whole, so that what stands in them is neither a bracket nor the end of a statement.
TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|'
    r"'''.*?'{3,5}|"
    r'"(?:\\.|[^"\\\n])*"|'
    r"'[^'\n]*'|#[^\n]*|[\[{]|[\]}]|\n",
    re.DOTALL,
)


def _statements(text: str) -> list[int]:
    """Return the lines on which a valid TOML text can be cut: those that begin outside strings and brackets."""
    found, line, depth = [1], 1, 0
    for token in (match[0] for match in TOKEN.finditer(text)):
        line += token.count("\n")
        depth += (token in ("[", "{")) - (token in ("]", "}"))
        if token == "\n" and depth == 0:
            found.append(line)
    return found
