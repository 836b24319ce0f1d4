"""How the tests of the command line run it."""

from click.testing import CliRunner, Result

from simulator.cli.program import main


def relsim(*arguments: str) -> Result:
    """Return what a command did; nothing but an exit may have ended it."""
    result = CliRunner().invoke(main, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert "Traceback" not in result.output
    return result
