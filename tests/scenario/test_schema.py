"""A scenario in a notebook: changes that are checked, what it shows of itself, and names that help to find others."""

from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import simulator
from simulator import Ensemble, InvalidFile, Refused, Scenario, compare, plots, read_scenario, simulate
from simulator.analysis.ledger import explain
from simulator.scenario.schema import digest


@pytest.fixture
def toy_file(tmp_path: Path, toy: str) -> Path:
    (tmp_path / "toy.toml").write_text(toy, encoding="utf-8")
    return tmp_path / "toy.toml"


@pytest.fixture
def scenario(toy_file: Path) -> Scenario:
    return read_scenario(toy_file)


@pytest.fixture(scope="module")
def ensembles() -> tuple[Ensemble, Ensemble]:
    base, other = (simulate(read_scenario(name), 300, seed=7) for name in ("baseline", "negotiated_reset"))
    return base, other


# --- with_ ---

CHANGES: list[tuple[str, Any, str]] = [
    ("factors.trade.weight", 3, "3"),
    ("factors.trade.weight", 0.5, "0.5"),
    ("factors.trade.target", {"p10": 20, "p50": 30, "p90": 45}, "{ p10 = 20, p50 = 30, p90 = 45 }"),
    ("factors.arms.target", {"dist": "uniform", "low": 10, "high": 20}, '{ dist = "uniform", low = 10, high = 20 }'),
    ("factors.arms.label", "Arms", '"Arms"'),
    ("events.summit.on", date(2025, 9, 1), "2025-09-01"),
    ("events.summit.enabled", False, "false"),
    ("events.crisis.when", "warmth < 20", '"warmth < 20"'),
    ("events.crisis.effects.arms.jump", -9, "-9"),
    ("indices.unease.weights.trade", -2, "-2"),
    ("spillovers.trade.arms", 0.1, "0.1"),
    ("months", 24, "24"),
    ("run.seed", 11, "11"),
    ("bands", {"cuts": [50], "names": ["low", "high"]}, '{ cuts = [50], names = ["low", "high"] }'),
]


@pytest.mark.parametrize(("key", "value", "text"), CHANGES)
def test_a_change_is_what_set_makes_of_it(toy_file: Path, key: str, value: Any, text: str) -> None:
    changed = read_scenario(toy_file).with_({key: value})
    assert changed == read_scenario(toy_file, [f"{key}={text}"])
    assert changed != read_scenario(toy_file)


def test_a_change_returns_a_new_scenario_and_leaves_the_other(scenario: Scenario) -> None:
    before = scenario.model_dump()
    changed = scenario.with_({"factors.trade.weight": 3, "events.summit.probability": 1})
    assert (changed.factors["trade"].weight, changed.events["summit"].probability) == (3, 1)
    assert scenario.model_dump() == before
    assert scenario.with_({}) == scenario
    assert digest(changed.with_({"factors.trade.weight": 1, "events.summit.probability": 0.5})) == digest(scenario)


def test_a_scenario_says_what_was_changed_of_its_file(scenario: Scenario) -> None:
    changed = scenario.with_({"factors.trade.weight": 3, "title": "Mine"}).with_({"events.summit.probability": 1})
    assert changed.heading == "Mine, with factors.trade.weight = 3 and events.summit.probability = 1"
    assert changed.own_events == ("summit",)
    assert digest(changed.model_copy(update={"changes": {}})) == digest(changed)
    # what is as it was is no change, and a table takes the place of its parts
    same = scenario.with_({"factors.trade.weight": scenario.factors["trade"].weight, "events.summit.probability": 0.5})
    assert (same.heading, same.own_events) == ("Toy", ())
    parts = {"factors.trade.weight": 3, "factors.trade": {"weight": 4.0, "level": 41}}
    assert scenario.with_(parts).heading == "Toy, with factors.trade = { weight = 4, level = 41 }"
    many = scenario.with_(
        {f"factors.{name}.weight": 2 + 3 * (name == "arms") for name in scenario.factors}
        | {"months": 3, "start": date(2025, 2, 1), "bands": {"cuts": [50], "names": ["a", "b"]}}
    )
    assert many.heading == "Toy, with factors.trade.weight = 2, factors.arms.weight = 5, months = 3 and 2 more changes"


def test_an_entry_may_be_added_whole(scenario: Scenario) -> None:
    event = {"label": "New", "rate": 2, "effects": {"trade": {"jump": 3}}}
    assert scenario.with_({"events.new": event}).events["new"].effects["trade"].jump == 3


def test_changes_reach_the_simulation(scenario: Scenario) -> None:
    levels = simulate(scenario.with_({"factors.trade.weight": 6}), 50).mean("warmth")["mean"]
    assert levels.iloc[0] == pytest.approx((6 * 40 + 2 * 30) / 8)  # levels 40 and 30, weights 6 and 2


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("factors.trad.weight", 1, r"^with_: factors\.trad: there is no such entry \(did you mean 'trade'\?\)$"),
        ("factors.trade.wieght", 1, r"^with_: factors\.trade\.wieght: unknown key \(did you mean 'weight'\?\)$"),
        ("factor.trade.weight", 1, r"^with_: factor: unknown key \(did you mean 'factors'\?\)$"),
        ("events.sumit.probability", 1, r"events\.sumit: .*\(did you mean 'summit'\?\)"),
        ("indices.uneas.label", "x", r"indices\.uneas: .*\(did you mean 'unease'\?\)"),
        ("questions.warm.ask", "warmth > 1", r"questions\.warm: .*\(did you mean 'warmer'\?\)"),
        ("events.crisis.when", "warmt < 3", r"unknown name 'warmt' \(did you mean 'warmth'\?\)"),
        ("events.crisis.effects.arm.jump", 3, r"\(did you mean 'arms'\?\)"),
        ("factors.trade.weight", -1, r"^with_: factors\.trade\.weight: must be within 0 to 1e\+06; found -1$"),
        ("factors.trade.target", 101, "must be within 0 to 100; found 101"),
        ("factors.trade.weight", "3", "factors.trade.weight: "),
        ("events.summit.probability", 1.01, "must be within 0 to 1; found 1.01"),
        ("months", 0, "months: "),
        ("title", 3, "title: "),
    ],
)
def test_what_breaks_a_rule_is_refused_with_the_nearest_name(scenario: Scenario, key: str, value: Any, told: str) -> None:
    with pytest.raises(InvalidFile, match=told):
        scenario.with_({key: value})


def test_every_problem_is_told(scenario: Scenario) -> None:
    with pytest.raises(InvalidFile) as error:
        scenario.with_({"factors.trade.weight": -1, "factors.arms.level": 400})
    assert {problem.key for problem in error.value.problems} == {"factors.trade.weight", "factors.arms.level"}
    with pytest.raises(InvalidFile) as error:
        scenario.with_({"factors.trad.weight": -1, "events.sumit.rate": 400})
    assert {problem.key for problem in error.value.problems} == {"factors.trad", "events.sumit"}


@pytest.mark.parametrize("change", [{"relationship": "us_china"}, {"extends": "baseline.toml"}, {"name": "x"}])
def test_what_set_refuses_is_refused(scenario: Scenario, change: dict[str, str]) -> None:
    with pytest.raises(InvalidFile):
        scenario.with_(change)


def test_a_relationships_calendar_may_reach_past_the_horizon() -> None:
    changed = read_scenario("us_china_baseline").with_({"factors.trade.weight": 2})
    assert changed.factors["trade"].weight == 2


# --- what it shows ---


class Cells(HTMLParser):
    """The tags that are open and close, and the texts of a table's cells."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.cells: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "br":
            self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.open and self.open[-1] in ("td", "th"):
            self.cells[-1] += data


def test_a_scenario_is_a_line(scenario: Scenario) -> None:
    told = "Scenario(toy: 2 factors, 2 events; 12 months from 2025-01-20)"
    assert (repr(scenario), str(scenario), f"{scenario}") == (told, told, told)
    assert repr(read_scenario("seeds/us_russia.toml")).endswith("events; as of 2025-01-20)")


def test_a_scenario_shows_its_factors(scenario: Scenario) -> None:
    shown = Cells(scenario._repr_html_())
    assert shown.cells[:4] == ["factor", "level", "target", "weight"]
    assert shown.cells[4:] == ["Trade", "40", "", "1", "Arms control", "30", "20/35/55 (p10/p50/p90)", "2"]
    assert "Two factors and two events." in shown.text
    assert repr(scenario) in shown.text


def test_text_of_a_file_is_not_markup(scenario: Scenario) -> None:
    odd = scenario.with_({"title": "<b>T", "summary": "a & <i>", "factors.trade.label": "<script>"})
    shown = Cells(odd._repr_html_())
    assert "<script>" in shown.cells
    assert '<b>T, with factors.trade.label = "<script>"a & <i>' in shown.text
    assert "&lt;b&gt;T" in simulate(odd, 20)._repr_html_()


def test_an_ensemble_shows_its_summary(ensembles: tuple[Ensemble, Ensemble]) -> None:
    base, _ = ensembles
    shown = Cells(base._repr_html_())
    assert base.scenario.title in shown.text
    assert repr(base) in shown.text
    for name in ("mean", "std_error", "q50"):
        assert name in shown.cells
    assert f"{base.summary().xs('warmth').q50.iloc[-1]:.1f}" in shown.cells


def test_a_comparison_shows_the_difference_at_the_reported_months(ensembles: tuple[Ensemble, Ensemble]) -> None:
    comparison = compare(*ensembles)
    shown = Cells(comparison._repr_html_())
    assert repr(comparison) in shown.text
    assert [cell for cell in shown.cells if cell in ("0", "6", "12", "24", "48")] == ["0", "6", "12", "24", "48"]
    assert f"{comparison.difference('warmth')['mean'].iloc[-1]:.2f}" in shown.cells


def test_a_ledger_shows_what_each_source_added(ensembles: tuple[Ensemble, Ensemble]) -> None:
    for ledger in (explain(ensembles[0]), explain(ensembles[1], ensembles[0])):
        shown = Cells(ledger._repr_html_())
        assert repr(ledger) in shown.text
        table = ledger.by_source().round(2)
        assert {str(name) for _, name in table.index} <= {*shown.cells}
        assert f"{table.points.iloc[0]:.2f}" in shown.cells


# --- names ---


def test_the_package_offers_its_public_names_only() -> None:
    assert sorted(dir(simulator)) == sorted(simulator.__all__)
    assert all(getattr(simulator, name) for name in dir(simulator))


def test_plots_offers_its_public_names_only() -> None:
    assert [name for name in dir(plots) if not name.startswith("_")] == plots.__all__


def test_a_scenario_offers_its_keys_and_methods_only(scenario: Scenario) -> None:
    offered = {name for name in dir(scenario) if not name.startswith("_")}
    assert offered == {
        *Scenario.model_fields,
        "with_",
        "heading",
        "changed_in_words",
        "begins",
        "index_names",
        "bands_of",
        "label_of",
    }


def test_results_offer_no_name_twice_and_no_helper(ensembles: tuple[Ensemble, Ensemble]) -> None:
    for value in (ensembles[0], compare(*ensembles), explain(ensembles[0])):
        own = {name for name in [*vars(type(value)), *type(value).__annotations__] if not name.startswith("_")}
        assert {name for name in dir(value) if not name.startswith("_")} == own


def test_a_wrong_name_is_told_the_nearest(ensembles: tuple[Ensemble, Ensemble]) -> None:
    base, _ = ensembles
    for ask, told in (
        (lambda: base.paths("natoo"), r"no factor or index is called 'natoo' \(did you mean 'nato'\?\)"),
        (lambda: base.mean("sanction"), r"\(did you mean 'sanctions'\?\)"),
        (lambda: base.bands("warmt"), r"no index is called 'warmt' \(did you mean 'warmth'\?\)"),
        (lambda: base.first_passage("tens"), r"no band of warmth is called 'tens' \(did you mean 'tense'\?\)"),
        (lambda: base.reweight({"natoo": 1.0}), r"\(did you mean 'nato'\?\)"),
        (lambda: base.exceedance("warmt > 3"), r"\(did you mean 'warmth'\?\)"),
        (lambda: compare(*ensembles).difference("natoo"), r"\(did you mean 'nato'\?\)"),
    ):
        with pytest.raises(Refused, match=told):
            ask()


def test_a_wrong_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="No simulator attribute simulte"):
        simulator.simulte  # noqa: B018 the attribute is asked for, no more
