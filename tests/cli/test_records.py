"""The commands of records: what they print and write, within 80 columns, and the code they end with."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from click.testing import Result
from commands import relsim
from worlds import KNOWING, RECORD, fact

from simulator import read_forecasts, read_record, read_scenario, register, score, simulate
from simulator.analysis.forecasts import forecast_of
from simulator.files.json_schema import record_schema
from simulator.report.score import score_table

FILE = "seeds/records/r.toml"
PNG = b"\x89PNG\r\n\x1a\n"
FEW = ("-n", "1000")
# Names and labels as long as they may be.
EVENT, INDEX, FACTOR = (
    "an_event_whose_name_has_forty_letters_ok",
    "an_index_whose_name_has_forty_letters_ok",
    "a_factor_whose_name_has_forty_letters_ok",
)
WORDS = "Words that go on and on, as an analyst's do "


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toy: str) -> Path:
    """A working folder with two relationships, each with its record and a scenario that knows it."""
    monkeypatch.chdir(tmp_path)
    long = toy.replace("crisis", EVENT).replace("unease", INDEX).replace("trade", FACTOR).replace("A crisis", WORDS * 4)
    long = long.replace('label = "A crisis"', f'label = "{WORDS * 4}"').replace(
        "rate = 0.5", "rate = { counted = 1, years = 2 }"
    )
    told = RECORD.replace("crisis", EVENT).replace("trade", FACTOR).replace('"toy"', '"long"').replace("It came.", WORDS * 9)
    told = (
        told.replace("A poll.", WORDS * 3)
        .replace("A page.", "https://example.org/" + "a" * 40)
        .replace("Toy since", WORDS * 3)
    )
    asked = f'[questions.{INDEX.replace("an_index", "question")}]\nlabel = "{WORDS * 3}"\nask = "{EVENT} and not {EVENT}"\nby = 2025-07-01\n'
    texts = {
        "seeds/toy.toml": toy.replace("months = 12\n", ""),
        "seeds/long.toml": long.replace("months = 12\n", ""),
        FILE: RECORD,
        "seeds/records/long.toml": told + fact(EVENT, "2025-03-02"),
        "s.toml": KNOWING,
        "plain.toml": KNOWING.replace('record = "r"\n', "").replace("Knowing", "Plain"),
        "l.toml": KNOWING.replace('"toy"', '"long"').replace('"r"', '"long"').replace("Knowing", WORDS * 3) + asked,
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def done(*arguments: str) -> Result:
    result = relsim(*arguments)
    assert result.exit_code == 0, result.output
    return result


def too_wide(text: str) -> list[str]:
    return [line for line in text.splitlines() if len(line) > 80 or line != line.rstrip()]


def frames_of(text: str) -> dict[str, list[dict[str, str]]]:
    """Return the tables of a csv output by name."""
    rows = list(csv.DictReader(io.StringIO(text)))
    tables: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        tables.setdefault(row.pop("table", ""), []).append(row)
    return tables


# --- all texts fit ---


def test_every_text_fits_into_80_columns() -> None:
    for n, month in enumerate(("02", "03")):  # a forecast from each of two days, of which much has come due
        done("register", "l.toml", *FEW, "--known-until", f"2025-{month}-20", "-o", "f.toml")
        assert len(read_forecasts("f.toml")) == n + 1
    texts = (
        ("record", "seeds/records/long.toml"),
        ("record", "seeds/records/long.toml", "--sources"),
        ("show", "seeds/records/long.toml"),
        ("learn", "l.toml", "-n", "2000"),
        ("score", "l.toml", *FEW),
        ("score", "l.toml", *FEW, "--known-until", "2025-04-20"),
        ("score", "f.toml", "--record", "seeds/records/long.toml"),
    )
    for command in texts:
        text = done(*command).stdout
        assert too_wide(text) == [], command
        assert len(text) > 300


@pytest.mark.parametrize(
    "command",
    [
        ["record", "us_russia_2025"],
        ["record", "us_russia_2025", "--sources"],
        ["learn", "baseline", "--record", "us_russia_2025", "-n", "4000"],
        ["score", "baseline", *FEW],
        ["score", "baseline", "--known-until", "2026-01-20", "-n", "4000"],
        ["score", str(Path(__file__).parents[2] / "forecasts")],
    ],
    ids=" ".join,
)
def test_every_text_of_what_ships_fits_into_80_columns(command: list[str]) -> None:
    assert too_wide(done(*command).stdout) == []


# --- record and show ---


def test_a_record_is_printed_as_a_calendar() -> None:
    (Path(FILE)).write_text(RECORD + fact("crisis", "2025-03-10", 'confidence = "low"'), encoding="utf-8")
    assert done("record", FILE).stdout.splitlines() == [
        "Toy since (r), to 2025-09-20",
        "relationship toy; 2 facts, 1 readings, 1 outside",
        "",
        "2025",
        "   1 Mar crisis                   It came.",
        "  10 Mar crisis                   It came. (low confidence)",
        "   2 Apr (outside)                Something else.",
        "   1 May trade 42 ±4              A poll.",
        "",
        "did not happen: summit",
        "",
        "Not read as it stands",
        "  crisis on 2025-03-10: in one month with 2025-03-01; the two are kept as one",
        "    firing",
    ]


def test_a_record_is_shown_with_its_sources() -> None:
    text = done("show", FILE).stdout
    assert text == done("record", FILE, "--sources").stdout
    assert "[high] A page." in text
    assert "A pollster." in text


def test_a_record_is_told_to_programs_in_order_of_days() -> None:
    rows = json.loads(done("record", FILE, "--format", "json").stdout)["record"]
    assert [(row["on"], row["kind"], row["name"], row["value"]) for row in rows] == [
        ("2025-03-01", "event", "crisis", None),
        ("2025-04-02", "outside", "", None),
        ("2025-05-01", "reading", "trade", 42),
    ]
    [*_, last] = frames_of(done("record", FILE, "--format", "csv").stdout)[""]
    assert (last["on"], last["sd"], last["source"]) == ("2025-05-01", "4", "A pollster.")


def test_a_record_is_checked_alone_and_in_a_folder() -> None:
    assert done("check", FILE).stdout == f"{FILE}: ok\n"
    assert "s.toml: ok" in done("check", "s.toml", FILE).stdout
    Path(FILE).write_text(RECORD.replace("sd = 4", "sd = 0"), encoding="utf-8")
    result = relsim("check", FILE, "seeds")
    assert result.exit_code == 3
    assert f"{FILE}:17: readings.0.sd: must be above 0; found 0" in result.stderr


def test_the_schema_of_records_is_printed_and_written(here: Path) -> None:
    assert done("schema", "--record").stdout == record_schema()
    done("schema", "--record", "-o", "r.json")
    assert (here / "r.json").read_text(encoding="utf-8") == record_schema()
    assert '"happened"' not in done("schema").stdout.split('"properties"')[0]


# --- learn ---


def test_what_a_record_teaches_is_printed_and_told_to_programs() -> None:
    text = done("learn", "s.toml", *FEW).stdout
    assert text.startswith("What the record teaches: Knowing (s)\n1,000 draws worth ")
    assert "known to 2025-09-20 from r: 1 facts, 1 readings" in text
    assert text == done("learn", "plain.toml", "--record", "r", *FEW).stdout.replace("Plain (plain)", "Knowing (s)")
    tables = json.loads(done("learn", "s.toml", *FEW, "--format", "json").stdout)
    assert list(tables) == ["about", "events", "numbers", "indices"]
    assert [row["observed"] for row in tables["events"] if row["event"] == "crisis"] == [1]
    assert list(frames_of(done("learn", "s.toml", *FEW, "--format", "csv").stdout)) == [
        "about",
        "events",
        "numbers",
        "indices",
    ]


# --- score ---


def test_a_scenario_is_scored_as_it_stands_without_its_record() -> None:
    plain = score(simulate(read_scenario("plain.toml"), 1000), read_record(FILE))
    text = done("score", "s.toml", *FEW).stdout
    assert text == score_table(plain).replace("Plain (plain)", "Knowing (s)") + "\n"
    assert "forecast from 2025-01-20, 1,000 draws, seed 3; r to 2025-09-20" in text
    for named in ("r", FILE, str(Path(FILE).resolve())):
        assert done("score", "plain.toml", "--record", named, *FEW).stdout == score_table(plain) + "\n"


def test_a_scenario_that_knows_some_is_scored_on_what_came_after() -> None:
    text = done("score", "s.toml", "--known-until", "2025-05-20", *FEW).stdout
    assert "forecast from 2025-05-20, 1,000 draws worth" in text
    assert "known to 2025-05-20 from r: 1 facts, 1 readings" in text
    assert "yes" not in text  # the crisis was known
    assert text == done("score", "plain.toml", "--record", FILE, "--known-until", "2025-05-20", *FEW).stdout.replace(
        "Plain (plain)", "Knowing (s)"
    )


def test_a_score_ends_with_the_day_that_is_asked_for() -> None:
    assert "r to 2025-07-20" in done("score", "s.toml", "--until", "2025-08-01", *FEW).stdout
    tables = json.loads(done("score", "s.toml", "--until", "2025-03-20", *FEW, "--format", "json").stdout)
    assert list(tables) == ["about", "summary", "by_horizon", "events", "questions", "readings"]
    assert [(row["event"], row["outcome"]) for row in tables["events"]] == [("crisis", True)]
    assert frames_of(done("score", "s.toml", *FEW, "--format", "csv").stdout)["events"][0]["event"] == "summit"


# --- register ---


def test_forecasts_are_registered_and_scored_when_they_come_due(here: Path) -> None:
    result = done(
        "register", "s.toml", "plain.toml", "--known-until", "2025-02-20", "--record", "r", *FEW, "-o", "new/f.toml"
    )
    assert result.stdout == ""
    found = read_forecasts("new/f.toml")
    assert result.stderr.splitlines() == [
        f"{one.scenario}: registered in new/f.toml: 2 events, 1 questions, 8 quantiles; digest {one.entry}" for one in found
    ]
    assert [one.scenario for one in found] == ["s", "plain"]
    assert {one.made for one in found} == {date.today()}
    assert [one.begins for one in found] == [date(2025, 2, 20)] * 2
    text = done("score", "new", "--record", FILE).stdout
    # by August the summit had not been, and the crisis had; each of them from each scenario
    assert text.startswith("Registered forecasts, held to r, to 2025-09-20\n")
    assert text.count("A summit (summit), by 2025-08-20") == text.count("A crisis (crisis), by 2025-08-20") == 2
    assert len(re.findall(r"\d \*\s+A ", text)) == 4  # registered today, they had come due
    assert "4 of 4 had come due when they were registered" in " ".join(text.split())
    tables = json.loads(done("score", "new/f.toml", "--record", FILE, "--format", "json").stdout)
    assert list(tables) == ["summary", "due", "readings", "charged"]
    assert [row["outcome"] for row in tables["due"]] == [False, True] * 2


def test_forecasts_of_which_none_is_due_say_when_the_first_is() -> None:
    done("register", "s.toml", *FEW, "-o", "f.toml")
    text = done("score", "f.toml", "--record", FILE).stdout
    assert text.splitlines()[-1] == "Nothing has come due yet; the first is due on 2026-01-20."


# --- pictures ---


def test_pictures_are_drawn_by_the_name_of_the_file(here: Path) -> None:
    for n, command in enumerate(
        (
            ["record", FILE],
            ["learn", "s.toml", *FEW, "--index", "arms"],
            ["plot", "s.toml", "--kind", "record"],
            ["plot", FILE, "--kind", "record"],
            ["plot", "plain.toml", "--record", "r", "--kind", "record"],
            ["score", "baseline", *FEW],
        )
    ):
        path = here / f"{n}.png"
        assert done(*command, "-o", str(path)).stdout == f"{path}\n"
        assert path.read_bytes().startswith(PNG)
    assert done("plot", "s.toml", "--kind", "record").stdout == "r.png\n"


# --- wrong uses ---

WRONG: dict[str, tuple[list[str], int, str]] = {
    "no such record": (
        ["record", "nope"],
        5,
        "nope: no such file, and no shipped record has that name; known: us_russia_2025",
    ),
    "a record nearly so called": (
        ["record", "us_russia_2052"],
        5,
        "us_russia_2052: no such file, and no shipped record has that name (did you mean 'us_russia_2025'?)",
    ),
    "a folder": (["record", "seeds"], 5, "seeds: no such file, and no shipped record has that name; known: us_russia_2025"),
    "learn without": (
        ["learn", "plain.toml"],
        4,
        "plain: has no record to learn from; name one: record = NAME, or --record NAME",
    ),
    "learn too early": (
        ["learn", "s.toml", "--known-until", "2025-02-01"],
        4,
        "s: nothing of r is known within the scenario's whole months",
    ),
    "score without": (["score", "plain.toml"], 5, "0 records of toy ship; name one: --record"),
    "score by another's": (
        ["score", "plain.toml", "--record", "us_russia_2025", *FEW],
        4,
        "us_russia_2025 is a record of us_russia, and plain is of toy",
    ),
    "score too late": (
        ["score", "s.toml", "--until", "2025-09-21", *FEW],
        4,
        "r ends on 2025-09-20; nothing can be scored until 2025-09-21",
    ),
    "score too early": (
        ["score", "s.toml", "--until", "2025-02-19", *FEW],
        4,
        "nothing has come due by 2025-02-19: the first month that can be scored ends on 2025-02-20",
    ),
    "nothing after what is known": (
        ["score", "s.toml", "--known-until", "2025-09-20", *FEW],
        4,
        "nothing has come due by 2025-09-20: the first month that can be scored ends on 2025-10-20",
    ),
    "known beyond the record": (
        ["run", "s.toml", "--known-until", "2025-09-21"],
        3,
        "--known-until 2025-09-21: known_until: is after the last day of r, 2025-09-20; found 2025-09-21",
    ),
    "known without a record": (
        ["run", "plain.toml", "--known-until", "2025-05-20"],
        3,
        "--known-until 2025-05-20: known_until: needs a record: record = NAME says which",
    ),
    "a run of a record": (["run", FILE], 3, None),  # type: ignore[dict-item]
    "register nowhere": (
        ["register", "s.toml", *FEW, "-o", "s.toml/f.toml"],
        5,
        "s.toml/f.toml: cannot be written: File exists",
    ),
    "register into a scenario": (
        ["register", "s.toml", "-o", "s.toml"],
        3,
        "s.toml:1: forecasts: holds no [[forecasts]]; relsim register writes them",
    ),
    "a picture of no record": (
        ["plot", "plain.toml", "--kind", "record"],
        4,
        "plain: has no record; name one: record = NAME, or --record NAME",
    ),
    "a calibration of few": (
        ["score", "s.toml", *FEW, "-o", "c.png"],
        4,
        "2 forecasts have come due; a calibration needs at least 10",
    ),
    "a picture in an unknown form": (["record", FILE, "-o", "r.gif"], 2, None),  # type: ignore[dict-item]
    "json into a picture": (["record", FILE, "--format", "json", "-o", "r.png"], 2, None),  # type: ignore[dict-item]
    "an index of a timeline": (["plot", "s.toml", "--kind", "record", "--index", "arms"], 2, None),  # type: ignore[dict-item]
    "no day": (["score", "s.toml", "--until", "soon"], 2, None),  # type: ignore[dict-item]
    "an impossible day": (["run", "s.toml", "--known-until", "2025-13-01"], 2, None),  # type: ignore[dict-item]
    "register without a file": (["register", "s.toml"], 2, None),  # type: ignore[dict-item]
    "register nothing": (["register", "-o", "f.toml"], 2, None),  # type: ignore[dict-item]
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_uses_end_with_their_code_and_one_message(name: str, here: Path) -> None:
    command, code, message = WRONG[name]
    before = sorted(str(path) for path in here.rglob("*"))
    result = relsim(*command)
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    if message is not None:
        assert result.stderr == message + "\n"
    elif code == 2:
        assert [line for line in result.stderr.splitlines() if line.startswith("Error: ")] == [
            result.stderr.splitlines()[-1]
        ]
    assert sorted(str(path) for path in here.rglob("*")) == before


@pytest.mark.parametrize(
    "option",
    [
        ["--seed", "3"],
        ["--seed", "0"],
        ["-n", "500"],
        ["--set", "months=3"],
        ["--known-until", "2025-05-20"],
        ["--until", "2025-05-20"],
        ["-o", "x.png"],
    ],
    ids=" ".join,
)
def test_registered_forecasts_are_scored_as_they_are(option: list[str]) -> None:
    register([forecast_of(simulate(read_scenario("s.toml"), 600), date(2025, 9, 21))], "f.toml")
    result = relsim("score", "f.toml", "--record", FILE, *option)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith("Error: registered forecasts are scored as they are: only --record and")


def test_too_few_effective_draws_are_refused_and_the_costliest_observation_named() -> None:
    Path(FILE).write_text(RECORD.replace("value = 42", "value = 95").replace("sd = 4", "sd = 1"), encoding="utf-8")
    result = relsim("run", "s.toml", *FEW)
    assert result.exit_code == 4
    assert len(result.stderr.splitlines()) == 1
    assert "Most would be left without the reading of trade in the month to 2025-05-20 (95 ±1)" in result.stderr
    assert not Path("results").exists()


def test_a_saved_run_is_read_with_the_record_it_knows() -> None:
    done("run", "s.toml", *FEW)
    [folder] = Path("results").iterdir()
    assert "mean of 1,000 draws worth" in done("explain", str(folder)).stdout
    result = relsim("explain", str(folder), "--record", "r")
    assert result.exit_code == 2
    assert "--record go with a scenario" in result.stderr


def test_help_of_the_commands_imports_no_pandas() -> None:
    code = "import sys; from simulator.cli.program import main\ntry: main(['score', '--help'])\nfinally: print('pandas' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=dict(os.environ))
    assert told.stdout.splitlines()[-1] == "False"


def test_a_scenario_without_questions_is_registered_and_read_back(here: Path) -> None:
    done("register", "s.toml", *FEW, "--set", "factors.trade.weight=2", "-o", "f.toml")
    (one,) = read_forecasts("f.toml")
    assert one.changes == ("factors.trade.weight=2",)
    assert done("check", "f.toml").stdout == "f.toml: ok, 1 registered forecasts, as they were made\n"
    assert f"digest of the last entry: {one.entry}" in done("score", "f.toml", "--record", FILE).stdout


def test_a_run_says_which_events_are_left_to_chance_in_known_months_and_which_are_over(here: Path) -> None:
    own = '\n[events.own]\nlabel = "An event of its own"\nrate = 1\n'
    (here / "own.toml").write_text((here / "s.toml").read_text(encoding="utf-8") + own, encoding="utf-8")
    text = " ".join(done("run", "own.toml", *FEW, "--no-save", "--record", "r").stdout.split())
    assert "1 event that it does not tell of is left to chance in these months, too: own" in text
    assert "An event of its own (own), not in the record" in text
