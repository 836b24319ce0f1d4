"""What to tell the author of a line that is not TOML: the slips analysts make, and how they are put right."""

import re

from simulator.scenario.numbers import KINDS
from simulator.scenario.slips import IN_WORDS, either_day, name_meant, number_meant

NUMBERS = "|".join([*KINDS, "months", "draws", "seed", "cooldown", "together", "value", "sd", "mean", "mode", r"p\d+"])
DAYS = "on|by|between|start|as_of|until|known_until"
A_DAY = re.compile(r"(?<![\d-])(\d{1,4}([-/.])\d{1,2}\2\d{1,4})(?![\d-])")
DAY_IN_WORDS = re.compile(rf"\b(?:{DAYS})\s*=\s*\[?\s*({IN_WORDS.pattern})")
IN_QUOTES = re.compile(r"\"[^\"]*(\"|$)|'[^']*('|$)|#.*")
WITH_UNIT = re.compile(r"([A-Za-z0-9_]+)\s*=\s*(\d[\d_.]*\s*[A-Za-z]+)\b")

# What stands on the offending line, and what to tell its author. First match wins.
ADVICE = (
    (r"[\u201c\u201d\u2018\u2019\u00ab\u00bb]", 'use straight quotes " instead of typographic ones'),
    (r"[\u00a0\u2007\u202f\u200b\ufeff]", "type an ordinary space: a no-break or invisible one stands in the line"),
    (r"=\s*[\u2212\u2013]", "write a minus as -, as in -4"),
    (r"=\s*-?\d+,\d", "write decimals with a point: 0.5, not 0,5"),
    (r"\d\s*%", "write shares as decimals without a percent sign: 0.3, not 30%"),
    (
        r"^[^#=]*=\s*\"[^\"]*\"\s*[^\s,#\]}\"].*\"",
        'write a quote inside text as \\", or put the whole text in single quotes',
    ),
    (r"^[^#]*=\s*\"[^\"]*$", "close the quote on the line it was opened on"),
    (r"=\s*(True|False)\b", "write true and false in lower case"),
    (r"\b\d{4}-\d{2}(?!-?\d)", "write dates with their day: 2025-06-01"),
    (rf"\b({DAYS})\s*=\s*\[?\s*[A-Za-z]", "write dates as 2025-06-01"),
    (rf"\b({NUMBERS})\s*=\s*[A-Za-z]", "write a number: 5, or a distribution: { p10 = 2, p50 = 5, p90 = 9 }"),
    (rf"\b({NUMBERS})\s*=\s*\d[\d_.]*\s*[A-Za-z]{{2}}", "write a number without its unit"),
    (r"\{[^}]*$", "an inline table { ... } stays on one line"),
    (r"=\s*[A-Za-z_]", "put text in straight quotes"),
    (r"=\s*(#.*)?$", "a value is missing after ="),
)


def advice(reason: str, lines: list[str], number: int) -> str:
    """Return what to tell the author of a line at which a parser stopped; empty where the slip is not known.

    Parameters
    ----------
    reason : str
        The parser's.
    lines : list of str
        The file's.
    number : int
        Of the line, from 1.

    Examples
    --------
    >>> advice("Unclosed array", ["between = [06/01/2025, 2025-12-31]"], 1)
    'write dates as year-month-day: 2025-01-06 (6 January) or 2025-06-01 (1 June), not 06/01/2025'
    >>> advice("Expected newline or end of document after a statement", ["months = 4 years"], 1)
    'write a plain number: 48, not 4 years'
    """
    line = lines[number - 1]
    if "overwrite" in reason or "twice" in reason or "mutate" in reason:
        return _first_definition(lines, number)
    bare = IN_QUOTES.sub("", line)  # what a text or a comment says is no slip
    if told := _header_meant(bare) or _day_meant(bare):
        return told
    if (found := WITH_UNIT.search(bare)) and (meant := number_meant(found[2], found[1])) is not None:
        return f"write a plain number: {meant:.12g}, not {found[2]}"
    return next((told for pattern, told in ADVICE if re.search(pattern, line)), "")


def _header_meant(line: str) -> str:
    """Return how to write the header of a table whose names are none."""
    found = re.fullmatch(r"\[([^\[\]\"']+)\]", line.strip())
    meant = ".".join(map(name_meant, found[1].split("."))) if found else ""
    return f"names have neither spaces nor capitals: [{meant}]" if found and meant != found[1] else ""


def _day_meant(line: str) -> str:
    """Return how to write the first date of a line that is not written as files write it."""
    if (found := DAY_IN_WORDS.search(line)) and (days := either_day(found[1])):
        return f"write dates as year-month-day: {days}, not {found[1]}"
    for found in A_DAY.finditer(line):
        days = either_day(found[1])
        if not days and re.fullmatch(r"\d{4}-\d\d-\d\d", found[1]):
            return f"there is no day {found[1]}"
        if days != found[1]:
            return f"write dates as year-month-day: {days or '2025-06-01'}, not {found[1]}"
    return ""


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
