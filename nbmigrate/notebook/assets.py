"""The scripts and style sheets of the widgets."""

from pathlib import Path

_HERE = Path(__file__).parent


def script(name: str) -> str:
    """Return a widget's script, with what several share at its top."""
    return asset("dom.js") + asset(name)


def asset(name: str) -> str:
    """Return the text of a file that is here."""
    return (_HERE / name).read_text(encoding="utf-8")
