"""The commands that write for others: a brief in prose, and a page that argues back."""

import shlex
import webbrowser
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli.analysis import EVENTS, both
from simulator.cli.options import (
    SIMULATION,
    Drawn,
    is_page,
    print_or_write,
    require_text,
    without_display,
    write_bytes,
)
from simulator.cli.progress import begun, finish
from simulator.cli.saved import is_saved
from simulator.errors import Refused

if TYPE_CHECKING:
    from simulator.ensemble.ensemble import Ensemble

# Draws that stand in a page, and the most that do: 2,000 are less than a megabyte, and know a median to 0.2 points.
DRAWS, MOST = 2_000, 10_000

AGAINST = click.option("--against", metavar="BASE", help="Say what the scenario changes of BASE, in the same worlds.")


@click.command()
@click.argument("source", metavar="SCENARIO|RUN")
@AGAINST
@SIMULATION
@click.option("-o", "--output", metavar="FILE", help="Write it there instead of printing it; .html is a page with the fan.")
def brief(source: str, against: str | None, drawn: Drawn, output: str | None) -> None:
    """Write one page of plain prose and one table for a principal, in Markdown.

    Likelihoods are told in estimative words (ICD 203) with their numbers.

    \b
    relsim brief negotiated_reset --against baseline
    """
    require_text(output, pages=True)
    from simulator.analysis.leave_one_out import N_DRAWS
    from simulator.report.brief import PAGE
    from simulator.report.brief import brief as page
    from simulator.report.layout import width

    ensemble, base, [told] = both(source, against, drawn, begun(), (EVENTS, N_DRAWS))
    if is_page(output):
        from simulator.page.page import html_report

        without_display()
        told_as = _command("brief", source, against, drawn, ensemble, str(output))
        text = html_report(ensemble, base, command=told_as, is_whole=False, progress=told)
    else:
        text = page(ensemble, base, width() if output is None else PAGE, told) + "\n"
    print_or_write(text, output)


@click.command()
@click.argument("scenario")
@AGAINST
@SIMULATION
@click.option("-o", "--output", default="report.html", show_default=True, metavar="FILE", help="A page, or .pdf.")
@click.option("--open", "is_opened", is_flag=True, help="Open it when it is written.")
def report(scenario: str, against: str | None, drawn: Drawn, output: str, is_opened: bool) -> None:
    """Write a page that argues back: one file for any browser, to be sent, read, disagreed with and sent back.

    Its reader moves weights, supposes events and asks questions of the same draws; a link carries what was moved, and a
    scenario file gives the same numbers here. With a name that ends in .pdf the same content is laid out for paper.

    \b
    relsim report today
    relsim report negotiated_reset --against baseline -o reset.html --open
    relsim report baseline --record us_russia_2025 -o told.pdf
    """
    if not (is_page(output) or output.lower().endswith(".pdf")):
        raise click.BadParameter(f"{output!r}: a report is .html, or .pdf", param_hint="'-o'")
    if is_saved(scenario):
        raise Refused(f"{scenario}: a saved run keeps some draws whole; a report takes the scenario, and draws anew")
    from simulator.analysis.leave_one_out import N_DRAWS

    n_draws = drawn.draws or DRAWS
    if n_draws > MOST:
        raise Refused(f"the draws of a page stand in it: at most {MOST:,}; found {n_draws:,}")
    if not Path(output).parent.is_dir():
        raise click.BadParameter(f"{output!r}: there is no such folder", param_hint="'-o'")
    drawn = replace(drawn, draws=n_draws)
    ensemble, base, [told] = both(scenario, against, drawn, begun(), (EVENTS, N_DRAWS))
    from simulator.page.page import html_report, pdf_report

    without_display()
    told_as = _command("report", scenario, against, drawn, ensemble, output)
    html = html_report(ensemble, base, command=told_as, source=scenario, progress=told)
    finish()
    if is_page(output):
        print_or_write(html, output)
    else:
        write_bytes(pdf_report(html), output)
    click.echo(output)
    if is_opened:
        webbrowser.open(Path(output).resolve().as_uri())


def _command(name: str, source: str, against: str | None, drawn: Drawn, ensemble: "Ensemble", output: str) -> str:
    """Return the command that writes the same again."""
    told = ["relsim", name, source, *(["--against", against] if against else [])]
    if not is_saved(source):
        told += ["-n", str(ensemble.n_draws), "--seed", str(ensemble.seed)]
    for key in drawn.keys:
        told += ["--set", key]
    return shlex.join([*told, "-o", output])


COMMANDS = (brief, report)
