"""Where modules are: the file of one, and whether a package was installed with it."""

from pathlib import Path

_INSTALLED = {"site-packages", "dist-packages"}


def file_of(module: object) -> str:
    """Return the file of a module, or the folder of a package that has none; "" where it has neither."""
    file = getattr(module, "__file__", None)
    if isinstance(file, str):
        return file
    try:
        # A package without a file asks the one that it is in, which may be taken out already.
        return next((str(folder) for folder in getattr(module, "__path__", ())), "")
    except KeyError:
        return ""


def is_installed(file: str) -> bool:
    """Whether a file is in a folder that packages are installed into."""
    return not _INSTALLED.isdisjoint(Path(file).parts)
