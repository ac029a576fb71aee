"""`tutorial`: copy the tutorial notebooks to a folder."""

from dataclasses import dataclass
from pathlib import Path

from nbmigrate.commands.results.result import Result, Row
from nbmigrate.config import replace_file
from nbmigrate.errors import MigrateError


@dataclass(frozen=True, kw_only=True, repr=False)
class TutorialResult(Result):
    """The notebooks that are in the folder now."""

    paths: tuple[Path, ...]

    def rows(self) -> list[Row]:
        """Return one record per notebook."""
        return [{"notebook": str(path)} for path in self.paths]

    def to_text(self) -> str:
        """Return the notebooks and how to open the first."""
        first = self.paths[0]
        opening = (
            f'Open the first with: jupyter lab "{first}"'
            if " " in str(first)
            else f"Open the first with: jupyter lab {first}"
        )
        return "\n".join([*map(str, self.paths), "", opening])


def tutorial(directory: Path | str = ".") -> TutorialResult:
    """Copy the tutorial notebooks to a folder; one that is there already is left as it is.

    Parameters
    ----------
    directory
        The folder, made if it is not there.

    Raises
    ------
    MigrateError
        The folder cannot be written, or this installation has no notebooks.
    """
    target = Path(directory)
    sources = _notebooks()
    kept, made = [], []
    try:
        target.mkdir(parents=True, exist_ok=True)
        for source in sources:
            if (target / source.name).exists():
                kept.append(f"{target / source.name} exists already and was left as it is.")
            else:
                replace_file(target / source.name, source.read_bytes())
                made.append(target / source.name)
    except OSError as error:
        for path in made:
            path.unlink(missing_ok=True)
        raise MigrateError(
            f"The notebooks cannot be copied to {target}: {error.strerror}.",
            "Name a folder that can be written.",
        ) from error
    return TutorialResult(paths=tuple(target / source.name for source in sources), notes=tuple(kept))


def _notebooks() -> list[Path]:
    package = Path(__file__).resolve().parents[2]
    # A wheel carries them in the package; a checkout has them beside it.
    for folder in (package / "notebooks", package.parent / "notebooks"):
        found = sorted(folder.glob("[0-9]*.ipynb"))
        if found:
            return found
    raise MigrateError(
        "This installation carries no tutorial notebooks.", "Install nbmigrate again: pip install nbmigrate"
    )
