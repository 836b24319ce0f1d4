"""Each law against reference numbers, numbers by hand, and its own inverse."""

import json
import math
import re
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from simulator.scenario.distributions import Beta, Counted, Discrete, Lognormal, Normal, Pert, Quantiles, Triangular, Uniform
from simulator.scenario.numbers import KINDS, Kind, Law, Number, quantiles, require_within

REFERENCE = Path(__file__).parents[1] / "reference" / "certified.json"
MIDDLE = 1.6448536269514722  # the normal deviate of 0.95


ANY = KINDS["link"]  # a number without ends


def within(low: float = -math.inf, high: float = math.inf) -> Kind:
    return ANY._replace(low=low, high=high)


def at(law: Law, *uniforms: float, low: float = -math.inf, high: float = math.inf) -> list[float]:
    return quantiles(law, within(low, high), np.array(uniforms)).tolist()


def through(**stated: float) -> Quantiles:
    return Quantiles.model_validate(stated)


def by_moments(kind: str, case: dict[str, Any]) -> Law:
    """Return the law of a case that is stated by other parameters than its mean and standard deviation."""
    stated = {quantity["name"]: float(quantity["value"]) for quantity in case["quantities"]}
    laws = {"lognormal": Lognormal, "beta": Beta}
    return laws[kind].model_validate({"dist": kind, "mean": stated["mean"], "sd": math.sqrt(stated["variance"])})


LAWS = {
    "dist-triangular": lambda case: Triangular(dist="triangular", low=2, mode=5, high=14),
    "dist-pert": lambda case: Pert(dist="pert", low=2, mode=5, high=14),
    "dist-truncnorm": lambda case: Normal(dist="normal", mean=1, sd=2, low=0, high=3),
    "dist-lognormal": lambda case: by_moments("lognormal", case),
    "dist-beta": lambda case: by_moments("beta", case),
}


@pytest.fixture(scope="module")
def cases() -> dict[str, Any]:
    """Reference cases by name."""
    return {case["id"]: case for case in json.loads(REFERENCE.read_text(encoding="utf-8"))["cases"]}


@pytest.mark.parametrize("name", LAWS)
def test_quantiles_agree_with_the_reference_to_eleven_digits(cases: dict[str, Any], name: str) -> None:
    stated = {q["name"]: float(q["value"]) for q in cases[name]["quantities"] if q["kind"] == "quantile"}
    assert at(LAWS[name](cases[name]), *(float(key[1:]) for key in stated)) == pytest.approx(
        list(stated.values()), rel=1e-11
    )


@pytest.mark.parametrize("name", LAWS)
def test_moments_agree_with_the_reference(cases: dict[str, Any], name: str) -> None:
    # the midpoint rule on a million equal parts of (0, 1); its error is that of the two ends, largest for the lognormal
    n = 1_000_000
    values = quantiles(LAWS[name](cases[name]), ANY, (np.arange(n) + 0.5) / n)
    stated = {q["name"]: float(q["value"]) for q in cases[name]["quantities"]}
    assert values.mean() == pytest.approx(stated["mean"], rel=2e-5)
    assert values.var() == pytest.approx(stated["variance"], rel=2e-3)


# --- by hand ---


def test_a_normal_law_has_its_mean_in_the_middle_and_its_sd_beside() -> None:
    law = Normal(dist="normal", mean=10, sd=2)
    assert at(law, 0.05, 0.5, 0.95) == pytest.approx([10 - 2 * MIDDLE, 10, 10 + 2 * MIDDLE], rel=1e-12)


def test_a_lognormal_law_takes_mean_and_sd_of_the_number_itself() -> None:
    # mean 3, sd 3: the variance of the logarithm is ln(1 + 1) and the median 3 / sqrt(2)
    law = Lognormal(dist="lognormal", mean=3, sd=3)
    sigma = math.sqrt(math.log(2))
    assert at(law, 0.5, 0.95) == pytest.approx([3 / math.sqrt(2), 3 / math.sqrt(2) * math.exp(sigma * MIDDLE)], rel=1e-12)


def test_a_beta_law_with_the_spread_of_a_uniform_is_uniform() -> None:
    law = Beta(dist="beta", mean=0.5, sd=math.sqrt(1 / 12))
    assert at(law, 0.1, 0.5, 0.9) == pytest.approx([0.1, 0.5, 0.9], rel=1e-9)


# p10 and p90 by mpmath 1.3 with 40 digits: the density integrated, its integral inverted by Newton's method
NARROW = [
    (0.05, 3e-5, 0.049961557106026688, 0.050038450196756443),
    (0.3, 1e-4, 0.29987184892063445, 0.30012815923650197),
    (0.5, 1e-4, 0.49987184484170567, 0.50012815515829433),
    (0.001, 1e-5, 0.00098720606525941141, 0.0010128367167558716),
]


@pytest.mark.parametrize(("mean", "sd", "p10", "p90"), NARROW)
def test_a_narrow_beta_law_has_the_quantiles_of_many_digits(mean: float, sd: float, p10: float, p90: float) -> None:
    assert at(Beta(dist="beta", mean=mean, sd=sd), 0.1, 0.9) == pytest.approx([p10, p90], rel=0, abs=1e-8 * sd)


@pytest.mark.parametrize("mean", [1e-300, 1e-6, 0.05, 0.3, 0.5, 0.999, 1 - 2**-53])
@pytest.mark.parametrize("share", [1.0001e-4, 0.01, 0.5, 1 - 1e-9])
def test_a_beta_law_is_drawn_from_its_narrowest_to_its_widest(mean: float, share: float) -> None:
    # of the sd of a coin of that mean; the midpoint rule, whose error is largest where all mass lies at the two ends
    sd = share * math.sqrt(mean * (1 - mean))
    n = 20_000
    values = quantiles(Beta(dist="beta", mean=mean, sd=sd), KINDS["probability"], (np.arange(n) + 0.5) / n)
    assert (np.diff(values) >= -1e-9 * sd).all()
    assert values.mean() == pytest.approx(mean, rel=0, abs=max(1 / n, 1e-3 * sd))


@pytest.mark.parametrize("sd", [5e-324, 1e-200, 1e-160, 1e-10, 3e-9, 4.58e-5, 0.4583, 1.0, 1e300])
def test_a_beta_law_that_cannot_be_drawn_is_refused(sd: float) -> None:
    with pytest.raises(ValueError, match=r"a beta law with mean 0\.3 needs 4\.583e-05 < sd < 0\.4583"):
        Beta(dist="beta", mean=0.3, sd=sd)


@pytest.mark.parametrize(
    ("sd", "taken"), [(4e-300, False), (3.9e-150, False), (4.1e-150, True), (4e3, True), (4.1e3, False)]
)
def test_a_lognormal_law_has_a_spread_that_numbers_can_hold(sd: float, taken: bool) -> None:
    if taken:
        assert at(Lognormal(dist="lognormal", mean=4, sd=sd), 0.5) == pytest.approx([4 / math.hypot(1, sd / 4)], rel=1e-12)
    else:
        with pytest.raises(ValueError, match=r"sd must be 1e-150 to 1,000 times the mean of a lognormal law"):
            Lognormal(dist="lognormal", mean=4, sd=sd)


def test_a_uniform_law_is_straight() -> None:
    assert at(Uniform(dist="uniform", low=-2, high=6), 0.0, 0.25, 0.5, 1.0) == [-2.0, 0.0, 2.0, 6.0]


def test_a_triangular_law_has_its_peak_where_the_left_part_ends() -> None:
    # triangular(2, 5, 14): a quarter of the mass is left of 5; left 2 + sqrt(36 u), right 14 - sqrt(108 (1 - u))
    law = Triangular(dist="triangular", low=2, mode=5, high=14)
    assert at(law, 0.04, 0.25, 0.75, 1.0) == pytest.approx([2 + 1.2, 5, 14 - math.sqrt(27), 14], rel=1e-12)


@pytest.mark.parametrize(("mode", "middle"), [(0, 1 - math.sqrt(0.5)), (1, math.sqrt(0.5))])
def test_a_triangular_law_may_peak_at_an_end(mode: float, middle: float) -> None:
    law = Triangular(dist="triangular", low=0, mode=mode, high=1)
    assert at(law, 0.0, 0.5, 1.0) == pytest.approx([0, middle, 1], rel=1e-12)


def test_a_pert_law_that_peaks_at_its_low_end_is_a_power() -> None:
    # beta(1, 5): the quantile function is 1 - (1 - u)^(1/5)
    law = Pert(dist="pert", low=0, mode=0, high=10)
    assert at(law, 0.5, 0.9) == pytest.approx([10 * (1 - 0.5**0.2), 10 * (1 - 0.1**0.2)], rel=1e-12)


def test_a_pert_law_is_as_right_when_it_is_narrow() -> None:
    # its shapes are those of the wide law, so that every quantile shrinks by the same power of two, to the last bit
    wide, narrow = (Pert(dist="pert", low=0, mode=2 * scale, high=8 * scale) for scale in (1, 2.0**-1000))
    assert at(narrow, 0.001, 0.5, 0.9) == [value * 2.0**-1000 for value in at(wide, 0.001, 0.5, 0.9)]


def test_a_discrete_law_gives_each_value_its_share() -> None:
    law = Discrete(dist="discrete", values=[1, 2, 5], probabilities=[0.25, 0.5, 0.25])
    assert at(law, 0.0, 0.2499, 0.25, 0.7499, 0.75, 0.9999) == [1, 1, 2, 2, 5, 5]


def test_a_discrete_value_without_probability_is_never_drawn() -> None:
    law = Discrete(dist="discrete", values=[1, 2, 5, 7], probabilities=[0.5, 0, 0.5, 0])
    assert set(at(law, *np.linspace(0, 1, 101)[:-1].tolist())) == {1.0, 5.0}


def test_a_discrete_law_with_one_value_is_that_value() -> None:
    assert at(Discrete(dist="discrete", values=[3], probabilities=[1]), 0.01, 0.99) == [3, 3]


@pytest.mark.parametrize(
    "stated", [{"p10": 5e-324, "p90": 1e-323}, {"p10": -1.7e308, "p90": 1.7e308}, {"p10": 0, "p50": 1, "p90": 1.7e308}]
)
def test_quantiles_without_a_law_that_numbers_can_hold_are_refused(stated: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="quantiles lie too close together, or too far apart, for a law through them"):
        Quantiles.model_validate(stated)


@pytest.mark.parametrize(
    "stated",
    [
        {"p10": 10, "p50": 18, "p90": 35},
        {"p10": 10, "p50": 34, "p90": 35},
        {"p5": -3, "p95": 4},
        {"p1": 0, "p2": 100},
        {"p25": 1, "p40": 1.5, "p99": 30},
        {"p05": 1, "p50": 2},
    ],
)
def test_stated_quantiles_are_hit_exactly(stated: dict[str, float]) -> None:
    levels = [int(key[1:]) / 100 for key in stated]
    assert at(through(**stated), *levels) == pytest.approx(list(stated.values()), rel=1e-12, abs=1e-12)


def test_the_order_in_which_quantiles_are_stated_does_not_matter() -> None:
    assert at(through(p90=35, p10=10, p50=18), 0.3, 0.8) == at(through(p10=10, p50=18, p90=35), 0.3, 0.8)


def test_two_quantiles_make_the_normal_law_through_them() -> None:
    # p5 and p95 of a normal law with mean 10 and sd 2
    law = through(p5=10 - 2 * MIDDLE, p95=10 + 2 * MIDDLE)
    twin = NormalDist(10, 2)
    assert at(law, 0.01, 0.3, 0.999) == pytest.approx([twin.inv_cdf(p) for p in (0.01, 0.3, 0.999)], rel=1e-9)


def test_three_quantiles_give_each_side_its_own_spread() -> None:
    # p5 = 10 - 2 z, p50 = 10, p95 = 10 + 4 z: sd 2 below the middle and 4 above it
    law = through(p5=10 - 2 * MIDDLE, p50=10, p95=10 + 4 * MIDDLE)
    assert at(law, 0.25, 0.75) == pytest.approx([NormalDist(10, 2).inv_cdf(0.25), NormalDist(10, 4).inv_cdf(0.75)], rel=1e-9)


# --- the scale of the number ---

SCALES = {
    "log-odds": (["level", "target", "probability"], lambda x: math.log(x / (1 - x)), lambda y: 1 / (1 + math.exp(-y))),
    "logarithm": (["weight", "half_life", "volatility", "settling", "drift", "rate", "lasts"], math.log, math.exp),
    "number": (["index_weight", "jump", "shift", "link"], float, float),
}


def test_every_kind_of_number_has_its_scale() -> None:
    assert sorted(kind for kinds, *_ in SCALES.values() for kind in kinds) == sorted(KINDS)


@pytest.mark.parametrize(("scale", "key"), [(scale, key) for scale, (kinds, *_) in SCALES.items() for key in kinds])
def test_a_law_through_quantiles_is_straight_on_the_scale_of_its_number(scale: str, key: str) -> None:
    _, to, back = SCALES[scale]
    size = 100.0 if key in ("level", "target") else 1.0
    # p5, p50 and p95 of 0.1, 0.4 and 0.6 of the range (or of 1): each side has its own spread for one deviate
    law = through(p5=0.1 * size, p50=0.4 * size, p95=0.6 * size)
    below, above = (to(0.4) - to(0.1)) / MIDDLE, (to(0.6) - to(0.4)) / MIDDLE
    z = NormalDist().inv_cdf(0.75)
    exact = [0.1, back(to(0.4) - z * below), 0.4, back(to(0.4) + z * above), 0.6]
    # from 0 on, or what the least of some kinds cuts off would move the quantiles
    kind = KINDS[key]._replace(low=0.0) if scale == "logarithm" else KINDS[key]
    found = quantiles(law, kind, np.array([0.05, 0.25, 0.5, 0.75, 0.95])) / size
    assert found.tolist() == pytest.approx(exact, rel=1e-9)
    for p, value in ((0.05, 0.1), (0.5, 0.4), (0.95, 0.6)):
        assert law.cdf(value * size, kind.scale) == pytest.approx(p, rel=1e-9)


def test_odds_of_1_to_4_and_4_to_1_have_even_odds_between_them() -> None:
    found = quantiles(through(p10=20, p90=80), KINDS["level"], np.array([0.1, 0.5, 0.9]))
    assert found.tolist() == pytest.approx([20, 50, 80], rel=1e-12)
    # a month and 16 months have 4 between them
    found = quantiles(through(p10=1, p90=16), KINDS["half_life"], np.array([0.1, 0.5, 0.9]))
    assert found.tolist() == pytest.approx([1, 4, 16], rel=1e-4)  # less what the shortest half-life, 0.01, cuts off


def test_a_law_through_quantiles_stays_in_the_range_of_its_number() -> None:
    # on the number itself 18.2 % would lie outside
    law = through(p10=3, p90=99)
    require_within(law, KINDS["level"])
    values = quantiles(law, KINDS["level"], np.linspace(0, 1, 1001))
    assert (values[0], values[-1]) == (0, 100)
    assert (np.diff(values) > 0).all()
    plain = NormalDist(51, 48 / NormalDist().inv_cdf(0.9))
    outside = f"puts {plain.cdf(0) + 1 - plain.cdf(100):.1%} of its probability outside"
    with pytest.raises(ValueError, match=re.escape(outside)):
        require_within(law, KINDS["level"]._replace(scale=ANY.scale))


@pytest.mark.parametrize(
    ("key", "stated", "range_of_key"),
    [
        ("level", {"p10": 0, "p90": 50}, "0 and 100"),
        ("target", {"p10": 20, "p50": 50, "p90": 100}, "0 and 100"),
        ("target", {"p10": -1, "p90": 50}, "0 and 100"),
        ("probability", {"p5": 0.2, "p95": 1}, "0 and 1"),
        ("probability", {"p5": 0, "p50": 0.1}, "0 and 1"),
        ("weight", {"p10": 0, "p90": 2}, "0 and 1e+06"),
        ("volatility", {"p10": 0, "p90": 2}, "0 and 100"),
        ("rate", {"p10": 0, "p90": 2}, "0 and 365"),
        ("half_life", {"p10": 0.01, "p90": 2}, "0.01 and 1e+09"),
        ("jump", {"p10": -100, "p90": 2}, "-100 and 100"),
    ],
)
def test_a_quantile_at_an_end_of_the_range_is_refused(key: str, stated: dict[str, float], range_of_key: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"quantiles must lie between {range_of_key}, not at an end")):
        require_within(through(**stated), KINDS[key])


# --- counted rates ---


def test_a_counted_rate_is_the_gamma_law_of_jeffreys_prior() -> None:
    # none in 5 years: Gamma(1/2, 5) is a squared normal deviate over 2 * 5
    z = [NormalDist().inv_cdf((1 + u) / 2) for u in (0.1, 0.5, 0.9)]
    assert at(Counted(counted=0, years=5), 0.1, 0.5, 0.9) == pytest.approx([x**2 / 10 for x in z], rel=1e-9)
    # half a case in 5 years: Gamma(1, 5) is exponential
    exact = [-math.log1p(-u) / 5 for u in (0.1, 0.5, 0.9)]
    assert at(Counted(counted=0.5, years=5), 0.1, 0.5, 0.9) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("stated", [{"counted": -1, "years": 5}, {"counted": 3, "years": 0}, {"counted": 3}, {"years": 3}])
def test_a_counted_rate_needs_both_its_numbers(stated: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"counted|years"):
        Counted.model_validate({key: float(value) for key, value in stated.items()})


# --- truncation ---


def test_truncation_to_one_side_shares_out_what_is_left() -> None:
    # a normal law cut at its mean: half of what is left lies below the 75th percentile of the whole
    law = Normal(dist="normal", mean=0, sd=1, low=0)
    assert at(law, 0.5) == pytest.approx([NormalDist().inv_cdf(0.75)], rel=1e-12)


def test_truncated_quantiles_cut_in_the_middle() -> None:
    law = through(p5=10 - 2 * MIDDLE, p95=10 + 2 * MIDDLE).model_copy(update={"high": 10.0})
    assert at(law, 0.5, 1.0) == pytest.approx([NormalDist(10, 2).inv_cdf(0.25), 10], rel=1e-9)


def test_a_law_is_truncated_to_what_its_key_admits() -> None:
    law = Normal(dist="normal", mean=0, sd=1)
    assert at(law, 0.5, low=0) == pytest.approx([NormalDist().inv_cdf(0.75)], rel=1e-12)
    assert at(law, 0.5, low=-1, high=1) == pytest.approx([0], abs=1e-15)


def test_the_narrower_of_the_laws_and_the_keys_ends_counts() -> None:
    law = Normal(dist="normal", mean=0, sd=1, low=0, high=3)
    assert at(law, 0.0, 1.0, low=-1, high=2) == [0.0, 2.0]
    assert at(law, 0.0, 1.0, low=1, high=5) == pytest.approx([1, 3], rel=1e-12)


@pytest.mark.parametrize("kind", [Normal, Lognormal])
def test_no_truncated_draw_leaves_its_ends(kind: Any) -> None:
    law = kind(dist=kind.__name__.lower(), mean=5, sd=4, low=4.2, high=4.3)
    values = quantiles(law, ANY, np.linspace(0, 1, 1001))
    assert (values.min(), values.max()) == (4.2, 4.3)
    assert (np.diff(values) > 0).all()


# --- the one-per-cent rule ---

EDGE = NormalDist().inv_cdf(0.99)  # 2.3263: a normal law with this many sd to the end has 1 % outside


def test_a_law_with_just_under_one_per_cent_outside_is_taken() -> None:
    require_within(Normal(dist="normal", mean=10, sd=10 / (EDGE + 0.001)), KINDS["level"])


def test_a_law_with_just_over_one_per_cent_outside_is_refused() -> None:
    with pytest.raises(ValueError, match=r"puts 1\.0% of its probability outside 0 to 100; choose a narrower distribution"):
        require_within(Normal(dist="normal", mean=10, sd=10 / (EDGE - 0.001)), KINDS["level"])


def test_what_lies_outside_on_both_sides_is_added_up() -> None:
    # 0.6 % on either side
    with pytest.raises(ValueError, match=r"puts 1\.2% of its probability outside"):
        require_within(Normal(dist="normal", mean=50, sd=50 / NormalDist().inv_cdf(0.994)), KINDS["level"])


def test_a_wide_law_that_is_truncated_is_taken() -> None:
    require_within(Normal(dist="normal", mean=10, sd=40, low=0, high=100), KINDS["level"])
    with pytest.raises(ValueError, match="of its probability outside"):
        require_within(Normal(dist="normal", mean=10, sd=40, low=0), KINDS["level"])


def test_stated_ends_must_lie_within_the_range() -> None:
    with pytest.raises(ValueError, match="must stay within 0 to 100"):
        require_within(Normal(dist="normal", mean=50, sd=1, high=101), KINDS["level"])
    with pytest.raises(ValueError, match="must stay within 0 to 100"):
        require_within(Triangular(dist="triangular", low=-1, mode=5, high=10), KINDS["level"])
    require_within(Triangular(dist="triangular", low=0, mode=5, high=100), KINDS["level"])


def test_a_law_without_any_mass_in_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match="has almost no probability between 90 and 100"):
        require_within(Normal(dist="normal", mean=10, sd=1, low=90), KINDS["level"])


@pytest.mark.parametrize("sds", [4, 6, 7.5, 8.1])
def test_a_law_cut_far_out_in_its_tail_is_drawn_there_or_refused(sds: float) -> None:
    # what a normal law leaves beyond x sd is nearly exponential with mean 1 / x; its mass underflows against 1, not against 0
    law = Normal(dist="normal", mean=40, sd=1, low=40 + sds)
    try:
        require_within(law, KINDS["level"])
    except ValueError as error:
        assert "probability" in str(error)
    else:
        assert at(law, 0.5, high=100) == pytest.approx(
            [40 + NormalDist().inv_cdf(NormalDist().cdf(-sds) / 2) * -1], abs=0.01
        )


# --- cdf and inverse ---

unit = st.floats(0.001, 0.999)
number = st.floats(-50, 50)
spread = st.floats(0.1, 20)
three = (
    st.lists(st.floats(-50, 50), min_size=3, max_size=3, unique=True).map(sorted).filter(lambda v: min(np.diff(v)) > 1e-3)
)
percents = st.lists(st.integers(1, 99), min_size=3, max_size=3, unique=True).map(sorted)
unbounded = st.one_of(
    st.builds(lambda m, s: Normal(dist="normal", mean=m, sd=s), number, spread),
    st.builds(lambda m, r: Lognormal(dist="lognormal", mean=m, sd=r * m), st.floats(0.1, 50), st.floats(0.05, 2)),
    st.builds(
        lambda m, r: Beta(dist="beta", mean=m, sd=r * math.sqrt(m * (1 - m))), st.floats(0.2, 0.8), st.floats(0.1, 0.6)
    ),
    st.builds(lambda p, v: through(**dict(zip((f"p{k}" for k in p), v, strict=True))), percents, three),
    st.builds(lambda p, v: through(**{f"p{p[0]}": v[0], f"p{p[2]}": v[2]}), percents, three),
)
bounded = st.one_of(
    three.map(lambda v: Uniform(dist="uniform", low=v[0], high=v[2])),
    three.map(lambda v: Triangular(dist="triangular", low=v[0], mode=v[1], high=v[2])),
    three.map(lambda v: Pert(dist="pert", low=v[0], mode=v[1], high=v[2])),
)


@settings(max_examples=200, deadline=None)
@given(law=unbounded, p=unit)
def test_the_probability_of_at_most_a_quantile_is_the_quantiles_own(law: Any, p: float) -> None:
    assert law.cdf(float(law.inverse(np.array(p)))) == pytest.approx(p, abs=1e-9)


@settings(max_examples=200, deadline=None)
@given(law=unbounded | bounded)
def test_quantiles_never_fall(law: Law) -> None:
    values = quantiles(law, ANY, np.linspace(0.0005, 0.9995, 200))
    assert np.isfinite(values).all()
    assert (np.diff(values) >= -1e-9 * np.abs(values).max()).all()


@settings(max_examples=100, deadline=None)
@given(law=bounded)
def test_a_bounded_law_stays_within_its_ends_and_reaches_them(law: Any) -> None:
    values = quantiles(law, ANY, np.array([0.0, 0.5, 1.0]))
    assert values[[0, 2]].tolist() == pytest.approx([law.low, law.high], abs=1e-9)
    assert law.low <= values[1] <= law.high


@settings(max_examples=100, deadline=None)
@given(law=unbounded, p=st.lists(unit, min_size=2, max_size=2, unique=True).map(sorted), u=unit)
def test_a_truncated_law_is_the_law_given_its_range(law: Any, p: list[float], u: float) -> None:
    if p[1] - p[0] < 1e-3:
        return
    low, high = law.inverse(np.array(p)).tolist()
    value = quantiles(law, within(low, high), np.array([u]))[0]
    assert law.cdf(float(value)) == pytest.approx(p[0] + (p[1] - p[0]) * u, abs=1e-8)


# from the smallest number to the largest, and what the keys admit
size = st.sampled_from(
    [5e-324, 1e-310, 1e-200, 1e-155, 1e-100, 1e-16, 1e-9, 1e-5, 0.01, 0.3, 1 - 2**-53, 4, 50, 100, 1e6, 1e9, 1e16, 1e155, 1e300, 1.7e308]
)  # fmt: skip
extreme = size | size.map(lambda value: -value) | st.just(0.0)
end = st.none() | extreme
any_law = st.one_of(
    st.builds(dict, dist=st.sampled_from(["normal", "lognormal", "beta"]), mean=extreme, sd=size, low=end, high=end),
    st.builds(dict, dist=st.sampled_from(["triangular", "pert"]), low=extreme, mode=extreme, high=extreme),
    st.builds(dict, dist=st.just("uniform"), low=extreme, high=extreme),
    st.builds(dict, p10=extreme, p90=extreme, low=end, high=end),
    st.builds(dict, p10=extreme, p50=extreme, p90=extreme, low=end, high=end),
    st.builds(dict, counted=size, years=size),
)


of_any_kind = st.sampled_from(sorted(set(KINDS) - {"link"}))


def require_within_or_refused(stated: dict[str, Any], key: str) -> None:
    try:
        law = TypeAdapter(Number).validate_python(stated)
        require_within(law, KINDS[key])
    except ValueError:
        return
    # a warning of numpy would be an error here
    values = quantiles(law, KINDS[key], np.array([0.0, 2.0**-60, 0.1, 0.5, 0.9, 1 - 2**-53, 1.0]))
    sizes = [abs(value) for value in stated.values() if isinstance(value, int | float)]
    assert (np.diff(values) >= -1e-9 * max(np.abs(values).max(), *sizes)).all()
    assert KINDS[key].low <= values[0] <= values[-1] <= KINDS[key].high


@settings(max_examples=500, deadline=None)
@given(stated=any_law, key=of_any_kind)
def test_a_law_of_any_numbers_is_drawn_within_its_range_or_refused_in_words(stated: dict[str, Any], key: str) -> None:
    require_within_or_refused(stated, key)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(stated=any_law, key=of_any_kind)
def test_a_law_of_any_numbers_is_so_in_ten_thousand_examples(stated: dict[str, Any], key: str) -> None:
    require_within_or_refused(stated, key)


def test_any_shape_of_uniforms_is_kept() -> None:
    for law in (Normal(dist="normal", mean=1, sd=1, low=0), Triangular(dist="triangular", low=0, mode=1, high=2)):
        assert quantiles(law, ANY, np.full((2, 3, 4), 0.5)).shape == (2, 3, 4)
