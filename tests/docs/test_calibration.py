"""docs/calibration.md says what `make calibration` measures."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"


@pytest.mark.skipif(not DATA.is_dir(), reason="the data to calibrate against are not here")
def test_the_page_says_what_is_measured() -> None:
    script = ROOT / "benchmarks" / "calibration.py"
    told = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True).stdout
    page = (ROOT / "docs" / "calibration.md").read_text(encoding="utf-8").replace("*", "")
    moves = re.findall(r"^(?:UN votes, all|model,).*?(\d+\.\d) +(\d+\.\d) +(\d+\.\d)$", told, re.M)
    assert len(moves) == 3
    for numbers in moves:
        assert f"| {' | '.join(numbers)} |" in page
    issues = re.findall(r"^UN votes issue_\w+ +(\S+) +(\S+) +\w+ +(\S+) +(\S+)$", told, re.M)
    assert len(issues) == 4
    for a, b, c, d in issues:
        assert re.search(rf"\| {a}, {b} \| \w+ \| {c}, {d} \|", page), (a, b, c, d)
    history = re.findall(r"model 5/50/95 %: (\d+)/(\d+)/(\d+); at or below: (\d+)%", told)
    assert len(history) == 7
    for low, median, high, below in history:
        assert f"| {low} / {median} / {high} | {below} % |" in page
