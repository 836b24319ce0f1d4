"""Draw the dashboard of every scenario that ships into docs/gallery/, and a page that lists them: `make gallery`."""

from io import BytesIO
from pathlib import Path

import matplotlib as mpl
from PIL import Image

mpl.use("Agg")  # no display is needed

from simulator import Ensemble, compare, plots, read_record, read_scenario, score, shipped_scenarios, simulate
from simulator.report.library import by_relationship

FOLDER = Path(__file__).parent / "gallery"
PICTURES = Path(__file__).parent / "pictures"


def entry(ensemble: Ensemble) -> list[str]:
    """Return a scenario's part of the page."""
    scenario = ensemble.scenario
    low, median, high = ensemble.quantiles("warmth", [0.1, 0.5, 0.9]).value.iloc[-3:]
    return [
        f"## {scenario.title}",
        "",
        " ".join((scenario.summary or "").split()),
        "",
        f"Warmth on {ensemble.dates[-1]:%-d %B %Y}: {median:.0f} (80 %: {low:.0f} to {high:.0f}). "
        f"[scenarios/{scenario.name}.toml](../../scenarios/{scenario.name}.toml)",
        "",
        f"![Dashboard of {scenario.title}]({scenario.name}.png)",
        "",
    ]


def main() -> None:
    """Write the pictures and the page."""
    FOLDER.mkdir(exist_ok=True)
    page = ["# Gallery", "", "Every scenario that ships, the newest relationship first, drawn by `make gallery`.", ""]
    found = {path.stem: read_scenario(path) for path in shipped_scenarios()}
    for name in (name for names in by_relationship(found).values() for name in names):
        ensemble = simulate(found[name])
        figure = plots.dashboard(ensemble)
        figure.savefig(whole := BytesIO(), dpi=100)
        # few colours are used: a palette makes the pictures a third of their size
        Image.open(whole).quantize(128).save(FOLDER / f"{name}.png", optimize=True)
        mpl.pyplot.close(figure)
        page += entry(ensemble)
    (FOLDER / "README.md").write_text("\n".join(page), encoding="utf-8")
    draw_pictures()


def draw_pictures() -> None:
    """Write the pictures of the README and of docs/score.md."""
    base, reset = (simulate(read_scenario(name), n_kept=20_000) for name in ("baseline", "negotiated_reset"))
    known = simulate(read_scenario("baseline", ['record="us_russia_2025"']))
    figures = {
        "baseline-fan": plots.fan(base).figure,
        "compare": plots.compared(compare(base, reset)),
        "record-fan": plots.fan(known).figure,
        "calibration": plots.calibration(score(base, read_record("us_russia_2025"))).figure,
    }
    for name, figure in figures.items():
        figure.savefig(PICTURES / f"{name}.png", dpi=150 if name in ("baseline-fan", "compare") else 110)


if __name__ == "__main__":
    main()
