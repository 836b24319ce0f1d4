"""What a file's name says of its form: text, csv, json, a picture, or something that nothing here writes."""

import json
from pathlib import Path

import pytest
from commands import relsim


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toy: str) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.toml").write_text(toy, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "command", [("explain", "toy.toml"), ("list", "events", "toy.toml"), ("assumptions", "toy.toml", "-n", "20")]
)
def test_csv_and_json_are_written_by_the_name_alone(folder: Path, command: tuple[str, ...]) -> None:
    for form in ("csv", "json"):
        told = relsim(*command, "--format", form).stdout
        assert relsim(*command, "-o", f"x.{form}").stdout == ""
        assert (folder / f"x.{form}").read_text(encoding="utf-8") == told
    assert json.loads((folder / "x.json").read_text(encoding="utf-8"))


def test_a_name_and_a_form_that_contradict_each_other_are_refused(folder: Path) -> None:
    result = relsim("explain", "toy.toml", "--format", "json", "-o", "x.csv")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--format json does not go with a file called x.csv" in result.stderr
    assert not (folder / "x.csv").exists()


@pytest.mark.parametrize(
    "command", [("brief", "toy.toml"), ("explain", "toy.toml"), ("assumptions", "toy.toml"), ("schema",)]
)
@pytest.mark.parametrize("name", ["x.xlsx", "x.DOCX"])
def test_what_no_command_writes_is_refused_before_anything_is_run(folder: Path, command: tuple[str, ...], name: str) -> None:
    result = relsim(*command, "-o", name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert (
        f"no command writes {Path(name).suffix.lower()} files; there are text (.txt, .md), .csv, .json, .png, .svg, .pdf, "
        "and .html of report and brief"
    ) in " ".join(result.stderr.split())
    assert not (folder / name).exists()


@pytest.mark.parametrize("command", [("explain", "toy.toml"), ("assumptions", "toy.toml"), ("schema",)])
def test_a_page_is_refused_with_the_commands_that_write_one(folder: Path, command: tuple[str, ...]) -> None:
    result = relsim(*command, "-o", "x.html")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "'x.html': pages are written by report, and by brief" in result.stderr
    assert not (folder / "x.html").exists()


@pytest.mark.parametrize("command", [("brief", "toy.toml"), ("assumptions", "toy.toml"), ("scenarios",)])
def test_a_picture_of_what_is_text_is_refused_with_the_commands_that_draw(folder: Path, command: tuple[str, ...]) -> None:
    result = relsim(*command, "-o", "x.pdf")
    assert result.exit_code == 2
    assert "names a picture, and this is text; plot, compare, explain, drivers and outlook draw pictures" in result.stderr
    assert not (folder / "x.pdf").exists()
