"""Registered forecasts: files that are only appended to, in which a changed entry is found out."""

import json
import tomllib
from collections.abc import Callable
from datetime import date
from hashlib import blake2b
from pathlib import Path

import pytest
from commands import relsim
from worlds import KNOWING, RECORD

from simulator import InvalidFile, read_forecasts, read_scenario, simulate
from simulator.analysis.forecasts import forecast_of
from simulator.errors import InputOutputError
from simulator.files.forecasts import (
    HEAD,
    EventForecast,
    Forecast,
    QuantileForecast,
    QuestionForecast,
    digest_of,
    is_forecasts,
    register,
)

DAY = date(2025, 7, 20)
BASE = Forecast(
    made=date(2025, 2, 1),
    scenario="s",
    title='A "quoted" title, naïve',
    relationship="toy",
    digest="d0",
    version="1.0",
    seed=3,
    draws=500,
    effective=412.5,
    begins=date(2025, 1, 20),
    record="r",
    previous="",
    events=(
        EventForecast(
            event="summit",
            label="A summit",
            by=(DAY, date(2026, 1, 20)),
            probability=(0.25, 1.0),
            std_error=(1e-05, 0.0),
            resolution="They meet.",
            rests_on=("events.summit.probability", "events.summit.when"),
        ),
        EventForecast(event="crisis", label="A crisis", by=(DAY,), probability=(0.0,), std_error=(0.01,)),
    ),
    questions=(QuestionForecast(question="q", label="Is it?", ask="summit", by=DAY, probability=0.5, std_error=0.02),),
    quantiles=(QuantileForecast(of="warmth", on=DAY, p10=1.0, p25=2.0, p50=3.5, p75=4.0, p90=5.0, rests_on=("a.b",)),),
)


def another(n: int) -> Forecast:
    """Return a forecast that differs in its scenario's digest."""
    return BASE.model_copy(update={"digest": f"d{n}", "made": date(2025, 2, 1 + n)})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with three forecasts."""
    path = tmp_path / "mine.toml"
    register([BASE, another(1)], path)
    register([another(2)], path)
    return path


def entries_of(path: Path) -> list[str]:
    """Return the head of a file and the texts of its entries."""
    head, *rest = path.read_text(encoding="utf-8").split("[[forecasts]]\n")
    return [head, *rest]


def write_entries(path: Path, head: str, *entries: str) -> None:
    path.write_text("[[forecasts]]\n".join([head, *entries]), encoding="utf-8")


def line_of_entry(path: Path, n: int) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [number for number, line in enumerate(lines, 1) if line == "[[forecasts]]"][n]


def refused(path: Path) -> list[str]:
    """Return the problems of a file, found on reading and on registering, which writes nothing."""
    before = path.read_bytes()
    for read in (lambda: read_forecasts(path), lambda: register([another(9)], path)):
        with pytest.raises(InvalidFile) as error:
            read()
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    return [str(problem) for problem in error.value.problems]


def test_what_is_registered_is_read_back(file: Path) -> None:
    found = read_forecasts(file)
    assert [one.digest for one in found] == ["d0", "d1", "d2"]
    assert [one.model_copy(update={"previous": "", "entry": ""}) for one in found] == [BASE, another(1), another(2)]


def test_registering_appends_and_changes_no_byte_that_is_there(file: Path) -> None:
    before = file.read_bytes()
    [added] = register([another(3)], file)
    after = file.read_bytes()
    assert after.startswith(before)
    assert after.decode().startswith(HEAD)
    assert added.digest == "d3"
    assert added == read_forecasts(file)[-1]


def test_each_entry_carries_the_digest_of_the_one_before(file: Path) -> None:
    found = read_forecasts(file)
    assert [one.previous for one in found] == ["", found[0].entry, found[1].entry]
    assert len({one.entry for one in found}) == 3


def test_a_digest_is_that_of_all_but_the_digest(file: Path) -> None:
    told = tomllib.loads(file.read_text(encoding="utf-8"))["forecasts"][1]
    own = {key: value for key, value in told.items() if key != "entry"}
    text = json.dumps(own, sort_keys=True, default=str)
    assert told["entry"] == digest_of(told) == blake2b(text.encode(), digest_size=12).hexdigest()
    assert digest_of({**told, "entry": "other"}) == told["entry"]
    for key in own:
        assert digest_of({**told, key: "other"}) != told["entry"], key
    assert digest_of(dict(reversed(list(told.items())))) == told["entry"]


def test_registering_the_same_again_adds_nothing(file: Path) -> None:
    before = file.read_bytes()
    tomorrow = another(1).model_copy(update={"made": date(2025, 12, 1)})
    assert register([BASE, tomorrow], file) == ()
    assert file.read_bytes() == before
    for key, value in (("digest", "dx"), ("seed", 4), ("draws", 501), ("version", "1.1")):
        assert len(register([BASE.model_copy(update={key: value})], file)) == 1, key


def test_nothing_to_register_makes_no_file(tmp_path: Path) -> None:
    assert register([], tmp_path / "none.toml") == ()
    assert list(tmp_path.iterdir()) == []


def test_a_new_file_gets_its_folders(tmp_path: Path) -> None:
    register([BASE], tmp_path / "a" / "b" / "c.toml")
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["c.toml"]


CHANGES: dict[str, tuple[str, str]] = {
    "a probability": ("probability = [0.25, 1.0]", "probability = [0.35, 1.0]"),
    "a day": ("made = 2025-02-02", "made = 2025-02-01"),
    "a resolution": ("They meet.", "They call."),
    "what it rests on": ("events.summit.when", "events.summit.rate"),
    "a quantile": ("p50 = 3.5", "p50 = 3.6"),
    "a title": ("naïve", "naive"),
    "the chain": ("previous = ", 'previous = "" # '),
    "a key more": ("seed = 3", "seed = 3\nnote = 1"),
    "a key less": ("std_error = 0.02\n", ""),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_entry_is_found_out(file: Path, what: str) -> None:
    head, first, second, third = entries_of(file)
    old, new = CHANGES[what]
    assert old in second
    write_entries(file, head, first, second.replace(old, new), third)
    [problem] = refused(file)
    line = line_of_entry(file, 1)
    assert problem.startswith(f"{file}:{line}: forecasts.1: was changed after it was registered: its content does not have")


def test_a_changed_entry_with_its_own_digest_made_anew_breaks_the_chain(file: Path) -> None:
    head, first, second, third = entries_of(file)
    forged = second.replace("[0.25, 1.0]", "[0.35, 1.0]")
    own = digest_of(tomllib.loads(forged.replace("[[forecasts.", "[[")))
    forged = forged.replace(read_forecasts(file)[1].entry, own)
    write_entries(file, head, first, forged, third)
    [problem] = refused(file)
    assert problem.startswith(f"{file}:{line_of_entry(file, 2)}: forecasts.2: does not follow the entry before it")
    assert f"(previous is '{tomllib.loads(third.replace('[[forecasts.', '[['))['previous']}', not '{own}')" in problem


def test_a_removed_entry_is_found_out(file: Path) -> None:
    head, first, second, third = entries_of(file)
    write_entries(file, head, first, third)
    [problem] = refused(file)
    assert problem.startswith(f"{file}:{line_of_entry(file, 1)}: forecasts.1: does not follow the entry before it: one was ")
    write_entries(file, head, second, third)
    [problem] = refused(file)
    assert problem.startswith(f"{file}:{line_of_entry(file, 0)}: forecasts.0: does not follow the entry before it")


def test_two_swapped_entries_are_found_out(file: Path) -> None:
    head, first, second, third = entries_of(file)
    write_entries(file, head, first, third, second)
    assert [problem.split(": ")[1] for problem in refused(file)] == ["forecasts.1", "forecasts.2"]
    write_entries(file, head, second, first, third)
    assert [problem.split(": ")[1] for problem in refused(file)] == ["forecasts.0", "forecasts.1", "forecasts.2"]


def test_an_entry_that_is_no_forecast_is_refused_even_with_a_digest(tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    content = {"seed": 3, "previous": ""}
    path.write_text(f'[[forecasts]]\nseed = 3\nprevious = ""\nentry = "{digest_of(content)}"\n', encoding="utf-8")
    assert refused(path) == [f"{path}:1: forecasts.0.made: Field required"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "1: forecasts: holds no [[forecasts]]; relsim register writes them"),
        (RECORD, "1: forecasts: holds no [[forecasts]]; relsim register writes them"),
        ("forecasts = 3\n", "1: forecasts: holds no [[forecasts]]; relsim register writes them"),
        ("forecasts = [1, 2]\n", "1: forecasts: holds no [[forecasts]]; relsim register writes them"),
        ("note = 1\nforecasts = []\n", "1: note: unknown key; a file of forecasts holds [[forecasts]] only"),
    ],
)
def test_a_file_that_holds_no_forecasts_is_refused_and_left_alone(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "f.toml"
    path.write_text(text, encoding="utf-8")
    assert refused(path) == [f"{path}:{told}"]


def test_forecasts_are_told_from_other_files(file: Path, tmp_path: Path) -> None:
    assert is_forecasts(file)
    assert is_forecasts(file.parent)
    assert not is_forecasts(tmp_path / "none.toml")
    assert not is_forecasts("baseline")
    assert not is_forecasts("x" * 300)
    (tmp_path / "empty").mkdir()
    assert not is_forecasts(tmp_path / "empty")
    (tmp_path / "r.toml").write_text(RECORD, encoding="utf-8")
    assert not is_forecasts(tmp_path / "r.toml")
    assert not is_forecasts(file.parent)


def test_all_files_of_a_folder_are_read_each_with_its_own_chain(file: Path) -> None:
    register([another(5)], file.with_name("also.toml"))
    assert [one.digest for one in read_forecasts(file.parent)] == ["d5", "d0", "d1", "d2"]
    head, first, _, third = entries_of(file)
    write_entries(file, head, first, third)
    with pytest.raises(InvalidFile, match=r"mine\.toml:\d+: forecasts\.1: does not follow"):
        read_forecasts(file.parent)


def test_a_path_that_cannot_be_read_or_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").write_text("x", encoding="utf-8")
    with pytest.raises(InputOutputError, match=r"empty: no \.toml file there$"):
        read_forecasts(tmp_path / "empty")
    with pytest.raises(InputOutputError, match=r"none\.toml: cannot be read: No such file"):
        read_forecasts(tmp_path / "none.toml")
    for path in (tmp_path / "text" / "f.toml", tmp_path / "text" / "deeper" / "f.toml", tmp_path / ("x" * 300)):
        with pytest.raises(InputOutputError, match=f"^{path}: cannot be written: "):
            register([BASE], path)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["empty", "text"]
    assert (tmp_path / "text").read_text(encoding="utf-8") == "x"


# --- as the command does it ---


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[..., Path], toy: str) -> Path:
    """A working folder with the toy relationship, its record, and a scenario."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, toy.replace("months = 12\n", ""), "seeds/toy.toml")
    write(tmp_path, RECORD, "seeds/records/r.toml")
    write(tmp_path, KNOWING, "s.toml")
    return tmp_path


def test_a_record_that_grows_makes_another_forecast(here: Path) -> None:
    assert relsim("register", "s.toml", "-n", "600", "-o", "f.toml").exit_code == 0
    again = relsim("register", "s.toml", "-n", "600", "-o", "f.toml")
    assert (again.exit_code, again.stderr) == (0, "1 registered already, and left out\n")
    (here / "seeds/records/r.toml").write_text(RECORD.replace("2025-09-20", "2025-10-20"), encoding="utf-8")
    assert relsim("register", "s.toml", "-n", "600", "-o", "f.toml").stderr.startswith("s: registered in f.toml: ")
    assert [f"{one.begins}" for one in read_forecasts("f.toml")] == ["2025-09-20", "2025-10-20"]


def test_a_changed_file_is_found_out_before_anything_is_written(here: Path) -> None:
    relsim("register", "s.toml", "-n", "600", "-o", "f.toml")
    text = (here / "f.toml").read_text(encoding="utf-8")
    changed = text.replace("draws = 600", "draws = 601")
    (here / "f.toml").write_text(changed, encoding="utf-8")
    for command in (
        ["register", "s.toml", "-n", "700", "-o", "f.toml"],
        ["score", "f.toml", "--record", "seeds/records/r.toml"],
    ):
        result = relsim(*command)
        assert result.exit_code == 3
        assert result.stderr.startswith(
            f"f.toml:{len(HEAD.splitlines()) + 2}: forecasts.0: was changed after it was registered"
        )
        assert len(result.stderr.splitlines()) == 1
    assert (here / "f.toml").read_text(encoding="utf-8") == changed


def test_a_forecast_is_of_what_is_not_yet_known(here: Path) -> None:
    ensemble = simulate(read_scenario("s.toml"), 600)
    found = forecast_of(ensemble, date(2025, 9, 21))
    assert (found.begins, found.record, found.draws) == (date(2025, 9, 20), "r", 600)
    assert found.effective == round(ensemble.n_effective, 1) < 600
    [crisis] = found.events  # the summit's day is over
    assert crisis.event == "crisis"
    assert crisis.by == (date(2026, 1, 20),)
    weights = ensemble.weights.to_numpy()
    fired = ensemble.tally.kept.fired[9:, 1].any(axis=0)  # from the ninth month on: the one in March is past
    assert crisis.probability[0] == pytest.approx(float((weights * fired).sum()), abs=1e-5)
    assert crisis.rests_on == ("events.crisis.rate", "events.crisis.when")
    assert [(row.of, row.on.isoformat()) for row in found.quantiles] == [
        (name, day) for name in ("warmth", "unease") for day in ("2025-12-20", "2026-01-20")
    ]
    at_end = ensemble.quantiles("warmth", [0.1, 0.5]).value.iloc[-2:].tolist()
    assert [found.quantiles[1].p10, found.quantiles[1].p50] == pytest.approx(at_end, abs=0.005)


def test_what_cannot_happen_again_is_not_forecast(here: Path) -> None:
    once = read_scenario("s.toml").with_({"events.crisis.repeats": False, "events.crisis.cooldown": 0})
    assert forecast_of(simulate(once, 600), date(2025, 9, 21)).events == ()
    plain = forecast_of(simulate(once.with_({"record": None}), 600), date(2025, 9, 21))
    assert [one.event for one in plain.events] == ["summit", "crisis"]
