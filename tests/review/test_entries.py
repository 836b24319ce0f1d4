"""Lists of what a scenario has, and all that is known of one key."""

from pathlib import Path

import pytest
from worlds import OTHER

from simulator import Refused
from simulator.files.read import Reading, read_layers
from simulator.review.entries import entries, show_key


@pytest.fixture
def reading(tmp_path: Path, toy: str, monkeypatch: pytest.MonkeyPatch) -> Reading:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "seeds").mkdir()
    seed = toy.replace("months = 12\n", "").replace(
        "level = 40\nweight = 1", 'level = 40\nweight = 1\nrationale = "It was so."\nsource = "A page."\nconfidence = "low"'
    )
    (tmp_path / "seeds" / "toy.toml").write_text(seed, encoding="utf-8")
    (tmp_path / "other.toml").write_text(OTHER.replace('title = "Other"', 'title = "Other"\nmonths = 12'), encoding="utf-8")
    return read_layers("other.toml")


def test_lists_have_ids_labels_and_sizes(reading: Reading) -> None:
    factors = entries(reading.scenario, "factors")
    assert factors.loc["arms"].tolist() == ["Arms control", "30", "20/35/55 (p10/p50/p90)", "2"]
    assert factors.loc["trade", "target"] == "50"  # none is stated: its level
    events = entries(reading.scenario, "events")
    assert events.own.tolist() == [False, False, True]
    assert events.loc["crisis", "timing"] == "rate 0.5 per year, when warmth < 60, repeats, cooldown 2"
    assert events.loc["crisis", "effects"] == "arms jump -4 and shift -2"
    assert entries(reading.scenario, "indices").loc["unease"].tolist() == ["Unease", "trade -1, arms 0.5"]
    assert entries(reading.scenario, "questions").loc["boosted"].tolist() == ["Is there a boost?", "boost", "by 2025-12-20"]


def test_a_label_left_out_is_the_id_in_words(tmp_path: Path, toy: str) -> None:
    (tmp_path / "t.toml").write_text(toy.replace('label = "A summit"\n', ""), encoding="utf-8")
    assert entries(read_layers(tmp_path / "t.toml").scenario, "events").label["summit"] == "summit"
    (tmp_path / "u.toml").write_text(
        toy.replace('[events.summit]\nlabel = "A summit"', "[events.first_summit]"), encoding="utf-8"
    )
    assert entries(read_layers(tmp_path / "u.toml").scenario, "events").label["first_summit"] == "first summit"


def test_a_number_is_told_with_its_value_its_range_who_states_it_and_why(reading: Reading) -> None:
    assert show_key(reading, "factors.trade.level").splitlines() == [
        "factors.trade.level: level of Trade; 0 to 100 points",
        "value: 50",
        "stated in other.toml:6",
        "seeds/toy.toml says: 40",
        "rationale: It was so.",
        "source: A page.",
        "confidence: low",
    ]
    assert show_key(reading, "trade.level") == show_key(reading, "factors.trade.level")


def test_an_override_is_who_states_it(reading: Reading) -> None:
    changed = read_layers("other.toml", ["events.crisis.effects.arms.jump=-9"])
    lines = show_key(changed, "crisis.effects.arms.jump").splitlines()
    assert lines[1:4] == ["value: -9", "stated in --set events.crisis.effects.arms.jump=-9", "seeds/toy.toml says: -4"]


def test_an_entry_is_told_key_by_key(reading: Reading) -> None:
    lines = show_key(reading, "boost").splitlines()
    assert lines[0] == "events.boost: A boost to trade"
    assert "effects.trade: jump 3, in other.toml:11" in lines
    assert show_key(reading, "spillovers.trade.arms").splitlines()[1] == "value: 0.2"


def test_warmth_and_the_head_of_a_file_are_told_too(reading: Reading) -> None:
    assert show_key(reading, "warmth").endswith("the mean of the factors by weight: trade 1; arms 2")
    assert show_key(reading, "months").splitlines() == ["months: 12", "stated in other.toml:3"]


@pytest.mark.parametrize(
    ("key", "rule"),
    [
        ("sumit", r"no factor, event, index or question is called 'sumit' \(did you mean 'summit'\?\)"),
        ("factors.trad.level", r"no factors entry is called 'trad' \(did you mean 'trade'\?\)"),
        ("trade.levl", r"factors\.trade\.levl: there is no 'levl' \(did you mean 'level'\?\)"),
        ("trade.level.p10", "'p10' is a part of a value"),
        ("factors", "is a whole table; `relsim list factors` lists it"),
        ("spillovers", "is a whole table: name an entry"),
    ],
)
def test_a_key_that_is_not_there_is_refused_by_name(reading: Reading, key: str, rule: str) -> None:
    with pytest.raises(Refused, match=rule):
        show_key(reading, key)
