"""A page that argues back: one file for a browser, from ensembles; and the same content as PDF."""

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.simulation import Progress, require_whole
from simulator.errors import Refused
from simulator.page.content import content
from simulator.page.controls import moving
from simulator.page.sheet import sheet

# What follows the front end in a page: the draws stand in the page itself.
BOOT = """
const root = document.querySelector(".relsim");
fromBase64(document.getElementById("sheet").textContent).then((sheet) => mount(root, sheet));
"""


def html_report(
    ensemble: Ensemble,
    base: Ensemble | None = None,
    *,
    command: str = "",
    source: str = "",
    is_whole: bool = True,
    progress: Progress | None = None,
) -> str:
    """Return a page on an ensemble as HTML, one file that asks for nothing else and answers its reader.

    Parameters
    ----------
    ensemble : Ensemble
        From `simulate` or `read_run`, all of whose draws are kept.
    base : Ensemble, optional
        Of the same worlds and as many months; the page then says what the scenario changes.
    command : str
        What makes the page again; told at its foot.
    source : str
        What a command calls the scenario, such as a file's path. Default: by its name.
    is_whole : bool
        The whole page; else its first screen alone, without draws.
    progress : callable, optional
        Called with the simulations done and those to be done in all, one without each event.

    Raises
    ------
    Refused
        Draws are not kept whole or are some of a run's, or the base is of other worlds or months.

    Examples
    --------
    >>> from simulator import read_scenario, simulate
    >>> page = html_report(simulate(read_scenario("baseline"), 500, n_kept=500), is_whole=False)
    >>> page.lstrip().startswith("<!doctype html>"), "<script" in page
    (True, False)
    """
    require_whole(ensemble, "html_report()")
    if base is not None and base.horizon != ensemble.horizon:
        raise Refused(f"a page needs a base of the same horizon; {base.scenario.name} has {base.horizon} months")
    for one in (ensemble, base):
        if one is not None and one.n_kept != one.n_draws and is_whole:
            told = f"{one.scenario.name} keeps {one.n_kept:,} of {one.n_draws:,} draws"
            raise Refused(f"a page argues with draws that are kept whole; {told}: simulate with n_kept equal to n_draws")
    it = content(ensemble, base, progress) | moving(ensemble, base) | {"command": command or "html_report(ensemble)"}
    parts: dict[str, Any] = {"script": "", "sheet": "", "policy": "script-src 'none'"}
    if is_whole:
        script = front_end() + BOOT
        seal = b64encode(sha256(script.encode()).digest()).decode()
        parts = {"script": Markup(script), "sheet": b64encode(sheet(ensemble, base, source=source)).decode()}
        parts["policy"] = Markup(f"script-src 'sha256-{seal}'")
    return rendered("page.html", it=it, is_whole=is_whole, style=Markup(style()), **parts)


def pdf_report(html: str) -> bytes:
    """Return a page as PDF, laid out as it prints.

    Raises
    ------
    Refused
        WeasyPrint is not installed, or the libraries that it needs are not.

    Examples
    --------
    See `html_report`, whose page it takes.
    """
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:
        raise Refused(
            "a PDF needs the pdf extra and Pango: pip install 'relations-simulator[pdf]', and on Debian apt-get install "
            f"libpango-1.0-0 libpangoft2-1.0-0 ({str(error).splitlines()[0]})"
        ) from None
    return bytes(HTML(string=html).write_pdf())


def rendered(name: str, **values: Any) -> str:
    """Return a template with values put in; all that is text is escaped."""
    environment = Environment(
        loader=PackageLoader("simulator", "page"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(name).render(**values)


def front_end() -> str:
    """Return the script that pages and panels share, its lines at the margin: a page is to be small."""
    lines = files("simulator.page").joinpath("front.mjs").read_text(encoding="utf-8").splitlines()
    return "\n".join(line.lstrip() for line in lines) + "\n"


def panel_script() -> str:
    """Return the script of a panel: the front end, and how it speaks with its kernel."""
    return front_end() + files("simulator.page").joinpath("panel.mjs").read_text(encoding="utf-8")


def style() -> str:
    """Return the style that pages and panels share."""
    return files("simulator.page").joinpath("front.css").read_text(encoding="utf-8")
