"""What points at the page on the model names a heading that the page has; its sections have no numbers."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = [path for folder in ("simulator", "tests", "benchmarks", "docs") for path in sorted((ROOT / folder).rglob("*.py"))]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "notebooks").glob("*.ipynb"))]

# A page, a comma, and a heading up to the next mark.
HEADING = re.compile(r"\bmodel\.md, ([^().,;:\"'`]+)")
NUMBER = re.compile(r"\bmodel(?:\.md|'s)?,? sections? \d+|\bsections? \d+[\w ]*? of (?:the |docs/)?model\b")


def headings(page: str) -> set[str]:
    return set(re.findall(r"^#+ (.+)$", page, re.MULTILINE))


def in_one_line(text: str) -> str:
    """Return a text without its line breaks and the marks of comments, for pointers run over the ends of lines."""
    return re.sub(r"\s*\n[\s#]*", " ", text)


def astray(text: str, known: set[str]) -> Iterator[str]:
    """Yield what points at a heading that is not there, or at a number."""
    text = in_one_line(text)
    yield from (found[0] for found in HEADING.finditer(text) if found[1].strip() not in known)
    yield from NUMBER.findall(text)


def the_headings() -> set[str]:
    return headings((ROOT / "docs" / "model.md").read_text(encoding="utf-8"))


def test_code_points_at_the_page_at_all() -> None:
    found = [found[1] for path in CODE for found in HEADING.finditer(in_one_line(path.read_text(encoding="utf-8")))]
    assert len(found) >= 8


@pytest.mark.parametrize("path", [*CODE, *PAGES], ids=lambda path: str(path.relative_to(ROOT)))
def test_pointers_lead_to_a_heading_of_the_model(path: Path) -> None:
    assert list(astray(path.read_text(encoding="utf-8"), the_headings())) == []


PAGE = "docs/model.md"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"({PAGE}, One step)", 0),
        (f"({PAGE}, One\n# step).", 0),
        (f"({PAGE})", 0),
        ("Cochran (1977), Sampling Techniques, section 6.3", 0),
        (f"({PAGE}, One leap)", 1),
        (f"({PAGE}, One\n    leap)", 1),
        (f"({PAGE}, section 3)", 2),
        (f"({PAGE}, sections 3 to 5).", 2),
        ("the model's " + "section 3", 1),
        ("section 3 " + f"of {PAGE}", 1),
        ("sections 3 to 5 " + "of the model", 1),
    ],
)
def test_a_pointer_astray_is_found(text: str, found: int) -> None:
    assert len(list(astray(text, {"One step"}))) == found
