"""Draw the dashboard of every scenario that ships into docs/gallery/, and a page that lists them: `make gallery`."""

from io import BytesIO
from pathlib import Path

import matplotlib as mpl
from PIL import Image

mpl.use("Agg")  # no display is needed

from simulator import Ensemble, plots, read_record, read_scenario, score, shipped_scenarios, simulate

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
    page = ["# Gallery", "", "Every scenario that ships, drawn by `make gallery`.", ""]
    for path in shipped_scenarios():
        ensemble = simulate(read_scenario(path))
        figure = plots.dashboard(ensemble)
        figure.savefig(whole := BytesIO(), dpi=100)
        # few colours are used: a palette makes the pictures a third of their size
        Image.open(whole).quantize(128).save(FOLDER / f"{path.stem}.png", optimize=True)
        mpl.pyplot.close(figure)
        page += entry(ensemble)
    (FOLDER / "README.md").write_text("\n".join(page), encoding="utf-8")
    draw_what_happened()


def draw_what_happened() -> None:
    """Write the pictures of the README and of docs/score.md that show the record."""
    known = simulate(read_scenario("baseline", ['record="us_russia_2025"']))
    plots.fan(known).figure.savefig(PICTURES / "record-fan.png", dpi=110)
    forecast = simulate(read_scenario("baseline"), n_kept=20_000)
    plots.calibration(score(forecast, read_record("us_russia_2025"))).figure.savefig(PICTURES / "calibration.png", dpi=110)


if __name__ == "__main__":
    main()
