"""The scripts and style sheets of the widgets."""

from pathlib import Path

_HERE = Path(__file__).parent


def script(*names: str) -> str:
    """Return a widget's script of files, with what all share at its top.

    One text, since no front end has a place that a module could be imported from.
    """
    return "".join(map(asset, ("dom.js", *names)))


def asset(name: str) -> str:
    """Return the text of a file that is here."""
    return (_HERE / name).read_text(encoding="utf-8")
