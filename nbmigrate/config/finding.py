"""Which files a project's settings are in."""

import os
from collections.abc import Mapping
from pathlib import Path

from nbmigrate.config.source import NO_FILE, Source, empty_source, read_ini, read_toml
from nbmigrate.errors import ConfigError, NoProjectError, nearest

INI_NAMES = ("nbmigrate.ini", "alembic.ini")
TOML_NAME = "pyproject.toml"
ENVIRONMENT = ("NBMIGRATE_CONFIG", "ALEMBIC_CONFIG")


def find_sources(
    directory: Path,
    file: str | os.PathLike[str] | None,
    section: str | None,
    *,
    environment: bool = True,
) -> tuple[Source | None, Source | None]:
    """Return the ini and the pyproject.toml of the project in a folder, one at least; see `Config.find`.

    Raises
    ------
    NoProjectError
        There is neither, or there are two inis.
    ConfigError
        A file cannot be read, or has no such section.
    """
    variables = ENVIRONMENT if environment else ()
    named = file or next(filter(None, map(os.environ.get, variables)), None)
    path, toml = _named_files(directory / named) if named else _files_in(directory)
    if path is None and toml is None:
        raise _nothing_in(directory)
    ini = None if path is None else read_ini(path, section)
    if ini is not None and section is not None and toml is None:
        _demand_section(ini)
    return ini, toml


def named_sources(
    directory: Path,
    file: str | os.PathLike[str] | None,
    toml_file: str | os.PathLike[str] | None,
    section: str,
    variables: Mapping[str, str],
) -> tuple[Source | None, Source | None]:
    """Return the ini and the pyproject.toml that a program names; see `Config.named`."""
    toml = None
    if toml_file is not None:
        # A pyproject.toml that is not there says nothing, as one without a table does.
        toml = read_toml(directory / toml_file, variables)
    if file is not None and (directory / file).is_file():
        return read_ini(directory / file, section, variables), toml
    if file is not None:
        # Neither does an ini: what it lacks the pyproject.toml has, or the program sets.
        return empty_source(directory / file, section, variables), toml
    return (None if toml else empty_source(directory / NO_FILE, section, variables)), toml


def _demand_section(source: Source) -> None:
    sections = source.parser.sections()
    if source.section not in sections:
        near = nearest(source.section, sections)
        raise ConfigError(
            f"{source.path.name} has no section [{source.section}].",
            f"Did you mean {near}?" if near else f"It has: {', '.join(sections) or 'none'}.",
        )


def _named_files(file: Path) -> tuple[Path | None, Source | None]:
    """Return the ini and the toml where one of the two was named; the other is looked for beside it."""
    if not file.is_file():
        raise NoProjectError(
            f"There is no file {file}.", "Check the name given with -c or in NBMIGRATE_CONFIG."
        )
    if file.name != TOML_NAME:
        return file, read_toml(file.with_name(TOML_NAME))
    ini, toml = _files_in(file.parent)
    if toml is None:
        raise NoProjectError(
            f"{file} has no [tool.nbmigrate] or [tool.alembic].",
            "Add one with a script_location, or name an ini.",
        )
    return ini, toml


def _files_in(directory: Path) -> tuple[Path | None, Source | None]:
    inis = [directory / name for name in INI_NAMES if (directory / name).is_file()]
    if len(inis) > 1:
        names = " and ".join(ini.name for ini in inis)
        raise NoProjectError(
            f"{directory} has two projects: {names}.",
            f"Name one of them: -c {inis[0].name} or -c {inis[1].name}.",
        )
    return (inis[0] if inis else None), read_toml(directory / TOML_NAME)


def _nothing_in(directory: Path) -> NoProjectError:
    message = (
        f"There is no project in {directory}: no {', no '.join(INI_NAMES)}, no {TOML_NAME} with [tool.nbmigrate] "
        "or [tool.alembic]."
    )
    for parent in directory.parents:
        for name in INI_NAMES:
            if (parent / name).is_file():
                return NoProjectError(
                    message, f"There is one above: change to {parent}, or say -c {parent / name}."
                )
    below = [path for name in INI_NAMES for path in sorted(directory.glob(f"*/{name}"))]
    if below:
        return NoProjectError(
            message, f"There is one below: open {below[0].parent.name}, or say -c {below[0]}."
        )
    return NoProjectError(message, "Start one with: init <folder>.")
