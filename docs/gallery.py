"""Draw the dashboard of every scenario that ships into docs/gallery/, and a page that lists them: `make gallery`."""

from io import BytesIO
from pathlib import Path

import matplotlib as mpl
from PIL import Image

mpl.use("Agg")  # no display is needed

from simulator import Ensemble, plots, read_scenario, shipped_scenarios, simulate

FOLDER = Path(__file__).parent / "gallery"


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


if __name__ == "__main__":
    main()
