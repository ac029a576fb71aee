"""`init`: start a project."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from nbmigrate.commands.results.result import Result, Row
from nbmigrate.scripts.new_project.init import create_project
from nbmigrate.scripts.new_project.templates import TEMPLATES, Template

if TYPE_CHECKING:
    from nbmigrate.environment.connectable import Connectable


__all__ = ["TEMPLATES", "InitResult", "init"]


@dataclass(frozen=True, kw_only=True, repr=False)
class InitResult(Result):
    """A project's files.

    Parameters
    ----------
    root
        The folder that holds the ini.
    paths
        The ini, the pyproject.toml if it is part of it, the project's folder and what is in it.
    changed
        False when the project was there already and nothing was written.
    ini
        The ini.
    engine
        What the commands work on from here on; None for the database of the settings.
    """

    root: Path
    paths: tuple[Path, ...]
    changed: bool
    ini: Path
    engine: "Connectable | None" = field(default=None, compare=False, repr=False)

    def rows(self) -> list[Row]:
        """Return one record per file or folder."""
        return [{"path": str(path), "folder": path.is_dir()} for path in self.paths]

    def tree(self) -> str:
        """Return the files as a tree drawn with characters."""
        below: dict[Path, list[Path]] = {}
        # With the folders between, as in `init db/migrations`.
        shown = {
            above
            for path in self.paths
            for above in (path, *path.parents)
            if above != self.root and above.is_relative_to(self.root)
        }
        for path in sorted(shown, key=lambda path: (path.is_dir(), path.name)):
            below.setdefault(path.parent, []).append(path)

        def branch(folder: Path, indent: str) -> list[str]:
            lines = []
            found = below.get(folder, [])
            for path in found:
                last = path == found[-1]
                lines.append(
                    f"{indent}{'└─' if last else '├─'} {path.name}{'/' if path in below or path.is_dir() else ''}"
                )
                lines += branch(path, indent + ("   " if last else "│  "))
            return lines

        # The current folder has another name on every machine that a notebook is run on.
        top = "." if self.root == Path.cwd() else f"{self.root.name}/"
        return "\n".join([top, *branch(self.root, "")])

    def to_text(self) -> str:
        """Return the tree."""
        return self.tree()

    def to_html(self) -> str:
        """Return the tree."""
        return f"<pre>{escape(self.tree())}</pre>"


def init(
    directory: Path | str,
    *,
    template: str = "nbmigrate",
    url: str | None = None,
    ini: Path | None = None,
    toml: Path | None = None,
    package: bool = False,
    templates: Mapping[str, Template] = TEMPLATES,
    engine: "Connectable | None" = None,
) -> InitResult:
    """Make a project: an ini in the current folder, and `directory` with env.py, a template and room for revisions.

    Parameters
    ----------
    directory
        The folder to make, relative to the current one.
    template
        "nbmigrate"; or, for a project that the alembic command runs too, the name of one of Alembic's: "generic",
        "async", "multidb", "pyproject", "pyproject_async". "alembic" is "generic".
    url
        The database url to write into the ini; "multidb" has several, and takes none.
    ini
        The ini to write; nbmigrate.ini or alembic.ini in the current folder if not given. A pyproject.toml for the
        templates that have their settings there.
    toml
        The pyproject.toml for those templates; the one beside the ini if not given.
    package
        Whether the folder, and the one of the revisions, can be imported from: they get an `__init__.py`.
    templates
        What `template` names one of, where a program has templates of its own.
    engine
        What a notebook goes on to work on; its url goes into the ini, without the password.

    Raises
    ------
    ConfigError
        The folder is not empty and not this project, or a pyproject.toml cannot take the settings.
    """
    hidden: tuple[str, ...] = ()
    if engine is not None:
        url, hidden = _without_password(engine)
    made = create_project(
        Path(directory), ini, template, url, package=package, toml=toml, templates=templates
    )
    already = () if made.changed else ("The project exists already; nothing was changed.",)
    return InitResult(
        root=made.ini_path.parent,
        paths=made.paths,
        changed=made.changed,
        ini=made.ini_path,
        engine=engine,
        notes=already + made.notes + (hidden if made.changed else ()),
    )


def _without_password(engine: "Connectable") -> tuple[str, tuple[str, ...]]:
    """Return the url for an ini, an environment variable in the place of the password, and a note where it has one."""
    url = engine.url_with("%(DB_PASSWORD)s")
    if "%(DB_PASSWORD)s" not in url:
        return url, ()
    note = (
        "The password was not written: where no engine is given, the ini takes it from the environment variable "
        "DB_PASSWORD."
    )
    return url, (note,)


@dataclass(frozen=True, kw_only=True, repr=False)
class TemplatesResult(Result):
    """The templates: pairs of a name and what a project made from it is."""

    templates: tuple[tuple[str, str], ...]

    def rows(self) -> list[Row]:
        """Return one record per template."""
        return [{"template": name, "description": text} for name, text in self.templates]

    def to_text(self) -> str:
        """Return the templates as Alembic prints its own."""
        lines = [f"{name} - {text}" for name, text in self.templates]
        usage = "Templates are used via the 'init' command, e.g.:"
        return "\n".join(
            [
                "Available templates:",
                "",
                *lines,
                "",
                usage,
                "",
                "  nbmigrate init --template generic ./scripts",
            ]
        )


def list_templates(templates: Mapping[str, Template] = TEMPLATES) -> TemplatesResult:
    """Return the templates that `init --template` takes.

    Parameters
    ----------
    templates
        Those of a program; our own if not given.
    """
    return TemplatesResult(
        templates=tuple((name, template.description) for name, template in templates.items())
    )
