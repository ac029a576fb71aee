"""What a project can be started from: the templates, Alembic's by their names and our own."""

import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

__all__ = ["TEMPLATES", "Template", "is_from_template"]

FOLDER = Path(__file__).parents[1] / "templates"
#: Of the earlier env.py of generic, nbmigrate and async.
_EARLIER = {
    "34052357e9cb147f5e7bd32f570e29321b3e6a4fcc5137b62b0bd99c46998c1f",
    "e731ab32ebfe82091ea4d5a2611dabeb68f8306ac10ad39b366546200bb4ebd2",
    "b445b2789612f59cc3cbf191581f7282665d9df585225fcd3e5abb59fb96379a",
}


@dataclass(frozen=True, slots=True)
class Template:
    """What the files of a new project are made from.

    Parameters
    ----------
    description
        What a project made from it is.
    folders
        Folders of `templates`; the first that has a file is where it is taken from.
    ini_name
        How the ini is called where no name is given.
    url
        The database url in the ini where none is given; None for one named after the project.
    takes_url
        Whether a url can be given: not where there are several databases.
    root
        Where `folders` are: in this package, or where a program has templates of its own.
    """

    description: str
    folders: tuple[str, ...]
    ini_name: str = "alembic.ini"
    url: str | None = "driver://user:pass@localhost/dbname"
    takes_url: bool = True
    root: Path = FOLDER

    def find(self, name: str) -> Path | None:
        """Return where a file is taken from; None if a project has no such file."""
        paths = (self.root / folder / name for folder in self.folders)
        return next((path for path in paths if path.is_file()), None)

    @property
    def ini(self) -> Path:
        """What the ini is rendered from."""
        return self._found(f"{self.ini_name}.mako")

    @property
    def toml(self) -> Path | None:
        """What the table of a pyproject.toml is rendered from; None where the ini says everything."""
        return self.find("pyproject.toml.mako")

    def copy_to(self, folder: Path) -> None:
        """Write the files of the project's folder."""
        if self.root != FOLDER:
            # As Alembic does: every file but what the settings are made from.
            for path in sorted(self.root.joinpath(self.folders[0]).iterdir()):
                if path.is_file() and path.name not in (f"{self.ini_name}.mako", "pyproject.toml.mako"):
                    shutil.copyfile(path, folder / path.name)
            return
        shutil.copyfile(self._found("README"), folder / "README")
        # Under another name here, so that no tool takes it for a module of ours.
        shutil.copyfile(self._found("env.py.mako"), folder / "env.py")
        shutil.copyfile(self._found("script.py.mako"), folder / "script.py.mako")

    def _found(self, name: str) -> Path:
        return self.find(name) or self.root / self.folders[0] / name


_GENERIC = Template(
    "One database, a project that the alembic command runs too, settings in alembic.ini.", ("generic",)
)
TEMPLATES = {
    "nbmigrate": Template(
        "One database, revisions that import op from nbmigrate, settings in nbmigrate.ini.",
        ("nbmigrate",),
        ini_name="nbmigrate.ini",
        url=None,
    ),
    "generic": _GENERIC,
    "alembic": Template("Another name of generic.", _GENERIC.folders),
    "async": Template("As generic, with an asynchronous driver.", ("async", "generic")),
    "multidb": Template(
        "As generic, with several databases; a revision has functions for each.",
        ("multidb", "generic"),
        takes_url=False,
    ),
    "pyproject": Template(
        "As generic, with the database in alembic.ini and the other settings in pyproject.toml.",
        ("pyproject", "generic"),
    ),
    "pyproject_async": Template(
        "As pyproject, with an asynchronous driver.", ("pyproject", "async", "generic")
    ),
}


def templates_in(folder: Path) -> dict[str, Template]:
    """Return the templates of a folder of Alembic's form: a folder for each, whose README begins with what it is."""
    if folder == FOLDER:
        return TEMPLATES
    found = {}
    for path in sorted(path for path in folder.iterdir() if path.is_dir()):
        readme = path / "README"
        lines = readme.read_text(encoding="utf-8").splitlines() if readme.is_file() else []
        found[path.name] = Template(lines[0] if lines else "", (path.name,), root=folder)
    return found


def is_from_template(env: Path) -> bool:
    """Whether an env.py is as `init` wrote it, to the byte: its code is ours then, and not the project's."""
    try:
        source = env.read_bytes()
    except OSError:
        return False
    written = (path.read_bytes() for path in sorted(FOLDER.glob("*/env.py.mako")))
    return source in written or is_earlier(source)


def is_earlier(source: bytes) -> bool:
    """Whether an env.py is one that `init` wrote before env.py took the connection that is handed over."""
    return sha256(source).hexdigest() in _EARLIER
