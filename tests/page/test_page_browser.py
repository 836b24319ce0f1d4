"""A page in a real browser: it asks for nothing, answers keys, carries its state in the address, and is whole without scripts."""

import json
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from commands import relsim

from simulator import html_report, read_scenario, simulate
from simulator.report.wording import percent

CHROMIUM = Path("/usr/bin/chromium")
MISSING = [
    name for name, is_there in {"chromium": CHROMIUM.exists(), "playwright": find_spec("playwright")}.items() if not is_there
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(MISSING) and "CI" not in os.environ, reason=f"not installed: {', '.join(MISSING)}"),
]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    both = (simulate(read_scenario(name), 2_000, n_kept=2_000) for name in ("negotiated_reset", "baseline"))
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(html_report(*both), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])


def opened(browser: Any, file: Path, hash_: str = "", **context: Any) -> Any:
    page = browser.new_context(**context).new_page()
    page.seen = []
    page.on("pageerror", lambda error: page.seen.append(str(error)))
    page.on("console", lambda line: page.seen.append(line.text))
    page.on("request", lambda request: page.seen.append(request.url) if request.url.startswith("http") else None)
    page.goto(file.as_uri() + hash_)
    if context.get("java_script_enabled", True):
        page.wait_for_selector(".relsim.answers")
    return page


def told(page: Any) -> str:
    return str(page.locator("[data-told]").inner_text())


def test_keys_move_a_weight_and_the_address_carries_it(browser: Any, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = opened(browser, file)
    assert told(page) == "Nothing is moved: all is as the file has it."
    median = page.locator('[id="fan-warmth-median"] path')
    before, slider = median.get_attribute("d"), page.locator('[data-weight="warmth.rapport"]')
    slider.focus()
    for _ in range(12):
        slider.press("ArrowRight")
    assert median.get_attribute("d") != before
    assert told(page).startswith("With this, the median of relationship warmth on 20 January 2029 is")
    assert "Against Baseline" in told(page)
    again = opened(browser, file, "#" + page.url.partition("#")[2])
    assert told(again) == told(page)
    page.locator("[data-undo]").click()
    assert median.get_attribute("d") == before
    assert page.seen + again.seen == []
    took = page.evaluate(
        """() => new Promise((done) => {
            const slider = document.querySelector('[data-weight="warmth.nato"]');
            const begun = performance.now();
            slider.value = 2.5;
            slider.dispatchEvent(new Event("input", { bubbles: true }));
            requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
        })"""
    )
    with capsys.disabled():
        print(f"\n  from input to painted frame, a pair of 2,000 draws: {took:.0f} ms")  # noqa: T201 told, not asserted


def test_what_is_supposed_is_told_as_the_command_tells_it(browser: Any, file: Path) -> None:
    page = opened(browser, file, "#s=ukraine_ceasefire:by:2027-01-20")
    given = relsim("run", "negotiated_reset", "-n", "2000", "--given", "ukraine_ceasefire on 2027-01-20", "--format", "json")
    assert given.exit_code == 0, given.stderr
    for name, row in json.loads(given.stdout)[0]["questions"].items():
        shown = page.locator(f'[data-cell="question/{name}"]').inner_text()
        assert shown == percent(row["probability"], row["std_error"], row["low"], row["high"]), name
    assert "draws are like this" in told(page)
    few = opened(browser, file, "#s=ukraine_ceasefire:by:2025-02-20,lasting_break:by:2025-02-20,nuclear_test:by:2025-02-20")
    assert told(few).startswith("Only ")


def test_a_downloaded_scenario_gives_the_same_median(browser: Any, file: Path, tmp_path: Path) -> None:
    page = opened(browser, file, "#w=warmth.nato:3,warmth.rapport:0.5", accept_downloads=True)
    with page.expect_download() as download:
        page.locator("[data-download]").click()
    path = tmp_path / "mine.toml"
    download.value.save_as(path)
    done = relsim("run", str(path), "--no-save", "--quiet")
    assert done.exit_code == 0, done.stderr
    median = told(page).partition(" is ")[2].partition(" (")[0]
    assert f"its median is {median}" in " ".join(done.stdout.split())


def test_without_scripts_it_is_whole(browser: Any, file: Path) -> None:
    page = opened(browser, file, java_script_enabled=False)
    assert page.locator(".needs-script:visible").count() == 0
    assert page.get_by_text("The assumptions that matter most").is_visible()
    assert page.locator("figure svg").count() == 4


@pytest.mark.parametrize("width", [390, 768, 1024, 1440])
def test_nothing_scrolls_sideways(browser: Any, file: Path, width: int) -> None:
    page = opened(browser, file, viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_control_has_a_name_and_every_id_is_one_things(browser: Any, file: Path) -> None:
    page = opened(browser, file)
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))
    unnamed = """[...document.querySelectorAll('input, select')].filter((one) =>
        !one.labels?.length && !one.getAttribute('aria-label')).map((one) => one.outerHTML.slice(0, 80))"""
    assert page.evaluate(unnamed) == []
