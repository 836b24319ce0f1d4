"""What analysts get wrong in files and keys, and the one message that each of these mistakes ends with."""

from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copy

import pytest
from commands import relsim

from simulator.files.layers import shipped

Write = Callable[..., Path]

HEAD = 'title = "Mine"\nrelationship = "us_russia"\nstart = 2025-01-20\nmonths = 24\n'
EVENT = HEAD + '[events.mine]\nlabel = "Mine"\n'  # two lines more
AFTER = "not TOML: Expected newline or end of document after a statement; "
OPTIONS = ["--no-save", "-n", "50"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Write) -> Iterator[Path]:
    """A working folder with a file of each kind in it."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, HEAD, "one_year.toml")
    both = '[[scenarios]]\nfile = "baseline"\nprobability = 0.5\n[[scenarios]]\nfile = "escalation"\nprobability = 0.5\n'
    write(tmp_path, 'title = "Both"\n' + both, "outlook.toml")
    copy(shipped("seeds") / "records" / "us_russia_2025.toml", tmp_path / "facts.toml")
    copy(shipped("forecasts") / "us_russia.toml", tmp_path / "registered.toml")
    write(tmp_path, "{}", "run/run.json")
    return tmp_path


def written(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


NO_DAY = "must be a date such as 2025-01-20, without quotes or time of day; "
NO_NAME = "names are lower-case letters, digits and _, begin with a letter, at most 40 long; "
# The text of a file, and all that is said of it.
FILES: list[tuple[str, str, list[str]]] = [
    # dates
    ("a day and a month that can be exchanged", EVENT + "between = [06/01/2025, 2026-02-04]\n", ["7: not TOML: Unclosed array; write dates as year-month-day: 2025-01-06 (6 January) or 2025-06-01 (1 June), not 06/01/2025: between = [06/01/2025, 2026-02-04]"]),
    ("a day without its noughts", EVENT + "between = [2025-6-1, 2026-02-04]\n", ["7: not TOML: Unclosed array; write dates as year-month-day: 2025-06-01, not 2025-6-1: between = [2025-6-1, 2026-02-04]"]),
    ("a day first", HEAD.replace("2025-01-20", "20-01-2025"), [f"3: {AFTER}write dates as year-month-day: 2025-01-20, not 20-01-2025: start = 20-01-2025"]),
    ("a month in words", EVENT + "on = June 1, 2025\n", ["7: not TOML: Invalid value; write dates as year-month-day: 2025-06-01, not June 1, 2025: on = June 1, 2025"]),
    ("a day that no month has", EVENT + "on = 2025-06-31\n", ["7: not TOML: Invalid date or datetime; there is no day 2025-06-31: on = 2025-06-31"]),
    ("a month without a day", EVENT + "on = 2025-06\n", [f"7: {AFTER}write dates with their day: 2025-06-01: on = 2025-06"]),
    ("dates in quotes", EVENT + 'between = ["2025-06-01", "2026-02-04"]\nprobability = 1\n', [f'7: events.mine.between.0: {NO_DAY}write 2025-06-01; found "2025-06-01"', f'7: events.mine.between.1: {NO_DAY}write 2026-02-04; found "2026-02-04"']),
    ("a date in quotes, and in another order", EVENT + 'on = "13/06/2025"\nprobability = 1\n', [f'7: events.mine.on: {NO_DAY}write 2025-06-13; found "13/06/2025"']),
    # numbers
    ("years for months", HEAD.replace("24", "4 years"), [f"4: {AFTER}write a plain number: 48, not 4 years: months = 4 years"]),
    ("years in quotes", HEAD.replace("24", '"4 years"'), ['4: months: must be a whole number; write 48, without quotes; found "4 years"']),
    ("a number in quotes", HEAD + '[factors.nato]\ntarget = "30"\nweight = "2"\n', ['6: factors.nato.target: must be a number; write 30, without quotes; found "30"', '7: factors.nato.weight: must be a number; write 2, without quotes; found "2"']),
    ("a decimal comma", EVENT + "rate = 0,5\n", [f"7: {AFTER}write decimals with a point: 0.5, not 0,5: rate = 0,5"]),
    ("a decimal comma in quotes", EVENT + 'rate = "0,5"\n', ['7: events.mine.rate: must be a number; write 0.5, without quotes; found "0,5"']),
    ("a percentage", EVENT + "probability = 60\n", ["7: events.mine.probability: must be within 0 to 1; write 0.6 for 60 %; found 60"]),
    ("a percentage in quotes", EVENT + 'probability = "60%"\n', ['7: events.mine.probability: must be a number; write 0.6, without quotes; found "60%"']),
    ("a percent sign", EVENT + "probability = 60 %\n", [f"7: {AFTER}write shares as decimals without a percent sign: 0.3, not 30%: probability = 60 %"]),
    ("thousands in quotes", HEAD + '[run]\ndraws = "20k"\n', ['6: run.draws: must be a whole number; write 20000, without quotes; found "20k"']),
    ("thousands", HEAD + "[run]\ndraws = 20k\n", [f"6: {AFTER}write a plain number: 20000, not 20k: draws = 20k"]),
    ("a number in words", EVENT + "rate = 1\neffects.rapport = { jump = large }\n", ["8: not TOML: Invalid value; write a number: 5, or a distribution: { p10 = 2, p50 = 5, p90 = 9 }: effects.rapport = { jump = large }"]),
    ("an effect that is a number", EVENT + "rate = 1\neffects.rapport = 8\n", ["8: events.mine.effects.rapport: must be a table of keys, { jump = 8 } for what dies away or { shift = 8 } for what stays; found 8"]),
    ("a minus of a word processor", EVENT + "rate = 1\neffects.rapport = { jump = \u22128 }\n", ["8: not TOML: Invalid value; write a minus as -, as in -4: effects.rapport = { jump = \u22128 }"]),
    ("a number under 0", HEAD + "[run]\nseed = -1\n", ["6: run.seed: must be at least 0; found -1"]),
    # what a word processor does
    ("typographic quotes", HEAD.replace('"Mine"', "\u201cMine\u201d"), ['1: not TOML: Invalid value; use straight quotes " instead of typographic ones: title = \u201cMine\u201d']),
    ("a no-break space", EVENT + "probability =\u00a00.6\n", ["7: not TOML: Invalid value; type an ordinary space: a no-break or invisible one stands in the line: probability =\u00a00.6"]),
    ("a quote in a text", HEAD.replace('"Mine"', '"Sen. Graham: "tough" bill"'), [f'1: {AFTER}write a quote inside text as \\", or put the whole text in single quotes: title = "Sen. Graham: "tough" bill"']),
    ("a sign for at least", EVENT + 'rate = 1\nwhen = "warmth \u2265 30"\n', ['8: events.mine.when: not a condition; write >= instead of \u2265; found "warmth \u2265 30"']),
    ("a sign for at most", EVENT + 'rate = 1\nwhen = "warmth \u2264 30"\n', ['8: events.mine.when: not a condition; write <= instead of \u2264; found "warmth \u2264 30"']),
    ("a sign for unlike", EVENT + 'rate = 1\nwhen = "warmth \u2260 30"\n', ['8: events.mine.when: not a condition; write != instead of \u2260; found "warmth \u2260 30"']),
    ("quotes in a condition", EVENT + 'rate = 1\nwhen = "\u2018cyber_incident\u2019"\n', ['8: events.mine.when: not a condition; names stand without quotes; found "\u2018cyber_incident\u2019"']),
    ("a no-break space in a condition", EVENT + 'rate = 1\nwhen = "warmth\u00a0> 30"\n', ['8: events.mine.when: not a condition; type an ordinary space: a no-break or invisible one stands in it; found "warmth\u00a0> 30"']),
    # conditions
    ("AND", EVENT + 'rate = 1\nwhen = "warmth > 30 AND spy_row"\n', ['8: events.mine.when: not a condition; write and, or, not in lower case instead of AND; found "warmth > 30 AND spy_row"']),
    ("NOT", EVENT + 'rate = 1\nwhen = "NOT spy_row"\n', ['8: events.mine.when: not a condition; write and, or, not in lower case instead of NOT; found "NOT spy_row"']),
    ("a single =", EVENT + 'rate = 1\nwhen = "warmth = 30"\n', ['8: events.mine.when: not a condition; write >=, <=, ==, and, or, not instead of =; found "warmth = 30"']),
    ("a decimal comma in a condition", EVENT + 'rate = 1\nwhen = "warmth > 33,3"\n', ['8: events.mine.when: not a condition; write decimals with a point: 0.5, not 0,5; found "warmth > 33,3"']),
    ("no condition at all", EVENT + 'rate = 1\nwhen = "once they meet"\n', ["8: events.mine.when: not a condition; write comparisons joined by and, or, not: 'warmth < 35 and not summit'; found \"once they meet\""]),
    ("two unknown names", HEAD + '[questions.q]\nask = "new_start_end and spy_rows"\n', ["6: questions.q.ask: unknown name 'new_start_end' (did you mean 'new_start_ends'?); unknown name 'spy_rows' (did you mean 'spy_row'?); found \"new_start_end and spy_rows\""]),
    # names and keys
    ("a space in a name", HEAD + '[events.Secondary Tariffs]\nlabel = "S"\n', ["5: not TOML: Expected ']' at the end of a table declaration; names have neither spaces nor capitals: [events.secondary_tariffs]: [events.Secondary Tariffs]"]),
    ("capitals in a name", HEAD + '[events.SecondaryTariffs]\nlabel = "S"\nrate = 1\n[questions.q]\nask = "secondary_tariffs"\n', [f'5: events.SecondaryTariffs: {NO_NAME}write secondary_tariffs; found "SecondaryTariffs"']),
    ("a misspelt factor and a misspelt key of it", EVENT + "rate = 1\neffects.energi = { shft = 1 }\n", ["8: events.mine.effects.energi: no factor is called 'energi' (did you mean 'energy'?)", "8: events.mine.effects.energi.shft: unknown key (did you mean 'shift'?)"]),
    ("two misspelt keys", EVENT + "rate = 1\neffects.energy = { shft = 1, jmp = 2 }\n", ["8: events.mine.effects.energy.jmp: unknown key (did you mean 'jump'?)", "8: events.mine.effects.energy.shft: unknown key (did you mean 'shift'?)"]),
    ("a factor outside its table", HEAD + "[nato]\nweight = 3\n", ["5: nato: unknown key (did you mean factors.nato.weight?)"]),
    ("a misspelt factor", HEAD + "[factors.natto]\nweight = 3\n", ["5: factors.natto: lacks level, half_life, volatility, settling, drift, which have no default (did you mean factors.nato?)"]),
    ("a new event without its keys", HEAD + "[events.mine]\neffects.nato = { jump = 1 }\n", ["5: events.mine: needs a chance: `rate` per year, or `probability` (1 if it is certain); or `happened = true`"]),
    ("a misspelt event", HEAD + "[events.spy_rows]\nrate = 2\n", ["5: events.spy_rows.label: missing; an event states a label, or what it does (did you mean events.spy_row?)"]),
    # what a file builds on
    ("no relationship", HEAD.replace('relationship = "us_russia"\n', "") + "[factors.nato]\ntarget = 30\n[factors.energy]\nlevel = 20\n", ['1: relationship: missing; add the line relationship = "us_russia"']),
    ("nothing", "", ['1: relationship: missing; add the line relationship = "us_russia"']),
    ("a misspelt relationship", HEAD.replace("us_russia", "us_rusia"), ["2: relationship: no relationship is called 'us_rusia' (did you mean 'us_russia'?)"]),
    ("a misspelt base", HEAD.replace("relationship", "extends").replace("us_russia", "negotiated_rest"), ["2: extends: no file 'negotiated_rest' in ., and no shipped scenario has that name (did you mean 'negotiated_reset'?)"]),
    ("a file beside, misspelt", HEAD.replace("relationship", "extends").replace("us_russia", "one_yaer.toml"), ["2: extends: no file 'one_yaer.toml' in ., and no shipped scenario has that name (did you mean 'one_year.toml'?)"]),
    ("a shipped scenario as a file", HEAD.replace("relationship", "extends").replace("us_russia", "baseline.toml"), ["2: extends: no file 'baseline.toml' in ., and no shipped scenario has that name (did you mean 'baseline'?)"]),
    ("a base like none", HEAD.replace("relationship", "extends").replace("us_russia", "zzz"), ["2: extends: no file 'zzz' in ., and no shipped scenario has that name; relsim scenarios lists what ships"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), [row[1:] for row in FILES], ids=[row[0] for row in FILES])
@pytest.mark.parametrize("command", ["check", "run"])
def test_a_mistake_in_a_file_ends_with_its_lines_and_nothing_else(
    folder: Path, write: Write, command: str, text: str, told: list[str]
) -> None:
    write(folder, text, "mine.toml")
    before = written(folder)
    result = relsim(command, "mine.toml")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.splitlines() == [f"mine.toml:{line}" for line in told]
    assert written(folder) == before


RUN = ["run", "one_year.toml", *OPTIONS]
# The command, its exit code, and the last line of what is said.
COMMANDS: list[tuple[list[str], int, str]] = [
    # keys
    ([*RUN, "--set", "nato.weight=3"], 3, "--set nato.weight=3: nato: unknown key (did you mean factors.nato.weight?)"),
    ([*RUN, "--set", "factors.natto.weight=3"], 3, "--set factors.natto.weight=3: factors.natto: lacks level, half_life, volatility, settling, drift, which have no default (did you mean factors.nato?)"),
    ([*RUN, "--set", "factors.nato.weight=0,5"], 3, "--set factors.nato.weight=0,5: write key=value with a TOML value: factors.nato.weight=2, title='\"in quotes\"'; write decimals with a point: 0.5, not 0,5"),
    ([*RUN, "--set", "start=01/06/2025"], 3, "--set start=01/06/2025: write key=value with a TOML value: factors.nato.weight=2, title='\"in quotes\"'; write dates as year-month-day: 2025-01-06 (6 January) or 2025-06-01 (1 June), not 01/06/2025"),
    ([*RUN, "--record", "nope"], 3, "--record nope: record: no record is called 'nope'; known: us_russia_2025"),
    ([*RUN, "--known-until", "2026-1"], 2, "Error: Invalid value for '--known-until': '2026-1' is no day; write year-month-day, as in 2026-01-20"),
    (["score", "one_year.toml", "--until", "06/01/2026"], 2, "Error: Invalid value for '--until': '06/01/2026' is no day; write 2026-01-06 (6 January) or 2026-06-01 (1 June)"),
    (["run", "one_year.toml", "-n", "20.000"], 2, "Error: Invalid value for '-n' / '--draws': '20.000' may mean 20 or 20,000; write it without the point"),
    (["run", "one_year.toml", "-n", "1,5"], 2, "Error: Invalid value for '-n' / '--draws': '1,5' is not a whole number; write 20000, 100k or 1e6"),
    # names of files
    (["run", "one_year"], 5, "one_year: no such file, and no shipped scenario has that name (did you mean one_year.toml?)"),
    (["run", "one_yaer.toml"], 5, "one_yaer.toml: no such file, and no shipped scenario has that name (did you mean one_year.toml?)"),
    (["run", "one_year.tml"], 5, "one_year.tml: no such file, and no shipped scenario has that name (did you mean one_year.toml?)"),
    (["run", "negotiated-reset"], 5, "negotiated-reset: no such file, and no shipped scenario has that name (did you mean 'negotiated_reset'?)"),
    (["run", "zzz"], 5, "zzz: no such file, and no shipped scenario has that name; relsim scenarios lists what ships"),
    (["run", "us_russia"], 5, "us_russia: is a relationship, not a scenario; relsim new my.toml --relationship us_russia writes a scenario of it; relsim scenarios lists what ships"),
    (["run", "us_russia_2025"], 5, "us_russia_2025: is a record, not a scenario; use relsim record us_russia_2025, or a scenario with --record us_russia_2025"),
    (["check", "run"], 5, "run: no .toml file there"),
    (["show", "run"], 5, "run: is a saved run, not a scenario; run, rerun, plot, compare, explain, drivers and brief read one"),
    (["show", "."], 5, ".: is a folder, not a file that holds a scenario"),
    (["outlook", "baseline"], 5, "baseline: is a scenario, not an outlook; use relsim run"),
    (["outlook", "outlok.toml"], 5, "outlok.toml: no such file (did you mean outlook.toml?)"),
    (["record", "fact.toml"], 5, "fact.toml: no such file, and no shipped record has that name (did you mean facts.toml?)"),
    # files of another kind
    (["run", "outlook.toml"], 3, "outlook.toml: is an outlook, not a scenario; use relsim outlook"),
    (["show", "outlook.toml"], 3, "outlook.toml: is an outlook, not a scenario; use relsim outlook"),
    (["run", "facts.toml"], 3, "facts.toml: is a record, not a scenario; use relsim record, or relsim plot --kind record"),
    (["plot", "facts.toml"], 3, "facts.toml: is a record, not a scenario; use relsim record, or relsim plot --kind record"),
    (["plot", "registered.toml"], 3, "registered.toml: is a file of registered forecasts, not a scenario; use relsim score"),
    (["outlook", "one_year.toml"], 3, "one_year.toml: is a scenario, not an outlook; use relsim run"),
    (["outlook", "facts.toml"], 3, "facts.toml: is a record, not an outlook; use relsim record, or relsim plot --kind record"),
    (["record", "one_year.toml"], 3, "one_year.toml: is a scenario, not a record; use relsim run"),
    ([*RUN, "--record", "one_year.toml"], 3, "one_year.toml: is a scenario, not a record; use relsim run"),
    # new
    (["new", "my.toml", "--from", "negotiated_rest"], 5, "negotiated_rest: no such file, and no shipped scenario has that name (did you mean 'negotiated_reset'?)"),
    (["new", "run/my.toml", "--from", "one_year.toml"], 5, "one_year.toml: lies in another folder than run/my.toml, and a scenario extends one of its own; write my.toml instead"),
    (["new", "my.toml", "--from", str(shipped("seeds") / "us_russia.toml")], 5, f"{shipped('seeds') / 'us_russia.toml'}: is a relationship, not a scenario; use --relationship us_russia"),
    (["new", "my.toml", "--from", "baseline", "--relationship", "us_russia"], 2, "Error: give --from or --relationship, not both: a scenario brings its relationship"),
    (["new", "one_year.toml", "--from", "baseline"], 5, "one_year.toml: exists already; nothing was written"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "code", "told"), COMMANDS, ids=[" ".join(row[0])[-60:] for row in COMMANDS])
def test_a_mistake_in_a_command_ends_with_its_line_and_nothing_written(
    folder: Path, command: list[str], code: int, told: str
) -> None:
    before = written(folder)
    result = relsim(*command)
    assert (result.exit_code, result.stdout) == (code, "")
    lines = result.stderr.splitlines()
    assert lines[-1] == told
    assert len(lines) == 1 or code == 2  # before wrong use stands how a command is used
    assert written(folder) == before


def test_what_is_built_on_and_does_not_fit_is_told_with_the_file_that_can_put_it_right(folder: Path, write: Write) -> None:
    write(folder, HEAD, "base.toml")
    write(folder, HEAD + '[questions.q]\nask = "warmth > 20"\non = 2026-12-20\n', "base.toml")
    write(folder, 'title = "Mine"\nextends = "base.toml"\nmonths = 12\n', "mine.toml")
    rule = "is after the horizon, 2026-01-20 (12 months from 2025-01-20); found 2026-12-20"
    assert relsim("check", "mine.toml").stderr == (
        f"base.toml:7: questions.q.on: {rule}; give questions.q.on another day in mine.toml\n"
    )


# --- what is no mistake ---


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("one_year.toml", "one_year.toml: ok\n"),
        ("outlook.toml", "outlook.toml: ok, an outlook of 2 scenarios\n"),
        ("facts.toml", "facts.toml: ok, 1 warning\n"),
        ("registered.toml", "registered.toml: ok, 2 registered forecasts, as they were made\n"),
        ("us_russia", "us_russia: ok\n"),
        ("us_russia_2025", "us_russia_2025: ok, 1 warning\n"),
    ],
)
def test_every_kind_of_file_is_checked_as_what_it_is(file: str, told: str) -> None:
    result = relsim("check", file)
    assert (result.exit_code, result.stdout) == (0, told)
    # the record's last fact lies in a month that is not over
    assert [line[:8] for line in result.stderr.splitlines()] == ["warning:"] * told.count("1 warning")


def test_a_mistake_in_an_outlook_is_told_by_check_as_by_outlook(folder: Path, write: Write) -> None:
    text = (folder / "outlook.toml").read_text(encoding="utf-8").replace('"baseline"', '"basline"')
    write(folder, text.replace("probability = 0.5", "probability = 50", 1), "outlook.toml")
    told = [
        'outlook.toml:3: scenarios.0.file: no such file in ., and no shipped scenario has that name; found "basline" '
        "(did you mean 'baseline'?)",
        "outlook.toml:4: scenarios.0.probability: must be a plain number above 0 and at most 1, not a distribution; "
        "write 0.5; found 50",
    ]
    for command in ("check", "outlook"):
        result = relsim(command, "outlook.toml")
        assert (result.exit_code, result.stdout, result.stderr.splitlines()) == (3, "", told)


def test_a_condition_of_its_own_is_no_number_without_a_source(folder: Path, write: Write) -> None:
    write(folder, HEAD + '[events.new_start_ends]\nwhen = "warmth < 30"\n', "mine.toml")
    assert relsim("check", "--strict", "mine.toml").stdout == "mine.toml: ok\n"
    write(folder, HEAD + '[events.new_start_ends]\nwhen = "warmth < 30"\nprobability = 0.5\n', "mine.toml")
    stderr = relsim("check", "--strict", "mine.toml").stderr
    assert stderr == "mine.toml:5: events.new_start_ends: states numbers without rationale and source\n"


def test_what_is_over_by_a_late_start_is_told_in_one_line(folder: Path, write: Write) -> None:
    write(folder, HEAD.replace("2025-01-20", "2026-06-20"), "mine.toml")
    told = (
        "left out, being over by the start, 2026-06-20: nato_summit_2025, new_start_ends; "
        "events.NAME.happened = true says that one has happened\n"
    )
    checked = relsim("check", "mine.toml")
    assert (checked.stdout, checked.stderr) == ("mine.toml: ok, 1 warning\n", f"warning: mine.toml:3: start: {told}")
    assert relsim("run", "mine.toml", *OPTIONS).stderr == f"mine: {told}"
    kept = relsim("check", "mine.toml", "one_year.toml").stderr
    assert kept == checked.stderr  # a file that starts on the relationship's day leaves nothing out
