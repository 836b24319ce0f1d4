"""A page as a file: nothing leaves it, what files say is text, its script is sealed, and it says what commands print."""

import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from commands import relsim

import simulator
from simulator import Refused, html_report, read_scenario, simulate
from simulator.ensemble.ensemble import Ensemble
from simulator.report.wording import points

HOSTILE = '<script>alert(1)</script> "quoted" {{7*7}}'


@pytest.fixture
def hostile(toy: str, write: Callable[..., Path], tmp_path: Path) -> Ensemble:
    text = toy.replace('"Toy"', f"'{HOSTILE}'").replace('"Trade"', f"'{HOSTILE}'").replace('"A summit"', f"'{HOSTILE}'")
    return simulate(read_scenario(write(tmp_path, text)), 300, n_kept=300)


def test_what_files_say_is_text_and_nothing_is_asked_of_elsewhere(hostile: Ensemble) -> None:
    html = html_report(hostile)
    assert html.count("<script") == 2  # the draws, and the front end
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "{{7*7}}" in html
    assert set(re.findall(r'(?:src|href)="(?!#)[^"]*"', html)) == set()
    assert set(re.findall(r"https?://[\w./]+", html)) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_the_policy_lets_only_the_front_end_run(hostile: Ensemble) -> None:
    html = html_report(hostile)
    script = html.partition('<script type="module">')[2].partition("</script>")[0]
    seal = b64encode(sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{seal}'" in html


def test_no_text_of_the_script_spans_lines_for_they_are_put_at_the_margin() -> None:
    script = Path(simulator.__file__).parent.joinpath("page", "front.mjs").read_text(encoding="utf-8")
    assert [line for line in script.splitlines() if line.count("`") % 2] == []


def test_the_same_ensemble_gives_the_same_bytes(hostile: Ensemble) -> None:
    assert html_report(hostile) == html_report(hostile)


def test_a_page_says_the_quantiles_of_its_ensemble(hostile: Ensemble) -> None:
    html, table = html_report(hostile), hostile.quantiles("warmth").xs(hostile.horizon, level="month")
    for p, row in table.droplevel(["name", "date"]).iterrows():
        cell = f'data-cell="fan/{hostile.horizon}/{p}">{points(row.value, row.std_error)}<'
        assert cell in html


def test_draws_that_are_not_kept_are_refused(toy: str, write: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(Refused, match="keeps 100 of 300 draws: simulate with n_kept equal to n_draws"):
        html_report(simulate(read_scenario(write(tmp_path, toy)), 300, n_kept=100))


def test_a_report_is_written_and_a_brief_is_its_first_screen(
    toy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("toy.toml").write_text(toy, encoding="utf-8")
    done = relsim("report", "toy.toml", "-n", "300", "-o", "x.html")
    assert (done.exit_code, done.stdout) == (0, "x.html\n")
    assert "relsim report toy.toml -n 300 --seed" in Path("x.html").read_text(encoding="utf-8")
    assert relsim("brief", "toy.toml", "-n", "300", "-o", "y.html").exit_code == 0
    assert "<script" not in Path("y.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("-o", "x.txt"), 2, "a report is .html, or .pdf"),
        (("-o", "nowhere/x.html"), 2, "there is no such folder"),
        (("-n", "20000"), 4, "the draws of a page stand in it: at most 10,000; found 20,000"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is_run(
    toy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("toy.toml").write_text(toy, encoding="utf-8")
    done = relsim("report", "toy.toml", *arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert told in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["toy.toml"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["house_turns", "crackdown"])
@pytest.mark.parametrize(("against", "most"), [(None, 1_000_000), ("today", 1_600_000)])
def test_the_largest_pages_are_small_enough(name: str, against: str | None, most: int) -> None:
    one, *base = (simulate(read_scenario(name), 2_000, n_kept=2_000) for name in filter(None, (name, against)))
    assert len(html_report(one, *base).encode()) < most
