"""`config`: the settings in force, and changing one."""

import re
from dataclasses import dataclass

from nbmigrate.commands.results import html
from nbmigrate.commands.results.result import Result, Row, TabularResult, relative
from nbmigrate.commands.results.terminal import Terminal
from nbmigrate.config import Change, Config, Setting, set_option, set_urls, unset_option
from nbmigrate.config.masking import mask_option
from nbmigrate.config.options import KEYS, nearest_key
from nbmigrate.errors import ConfigError, MigrateError, nearest
from nbmigrate.project import Project


@dataclass(frozen=True, kw_only=True, repr=False)
class SettingsResult(TabularResult):
    """Settings, each with where it comes from; passwords masked."""

    settings: tuple[Setting, ...]

    def rows(self) -> list[Row]:
        """Return one record per setting."""
        return [{"key": item.key, "value": item.value, "source": item.source} for item in self.settings]

    def to_terminal(self, terminal: Terminal) -> str:
        """Return the settings as aligned columns, paths from the current folder."""
        return terminal.table([{**row, "value": relative(row["value"])} for row in self.rows()])

    def to_html(self) -> str:
        """Return the settings as a table."""
        return html.table(self.rows(), code=("key", "value"))


@dataclass(frozen=True, kw_only=True, repr=False)
class ConfigChangeResult(Result):
    """A line of the ini as it was and as it is, None where it is not there; passwords masked."""

    source: str
    old_line: str | None
    new_line: str | None

    @property
    def changed(self) -> bool:
        """Whether the line is another one now."""
        return self.old_line != self.new_line

    def rows(self) -> list[Row]:
        """Return the old and the new line."""
        return [{"source": self.source, "old": self.old_line, "new": self.new_line}]

    def to_text(self) -> str:
        """Return the change as a diff of one line."""
        if not self.changed:
            return f"{self.source}\n  {self.new_line}"
        old = [] if self.old_line is None else [f"- {line}" for line in self.old_line.splitlines()]
        new = [] if self.new_line is None else [f"+ {self.new_line}"]
        return "\n".join([self.source, *old, *new])

    def to_html(self) -> str:
        """Return the change as a diff of one line."""
        return html.code(self.to_text(), "diff")


def config(
    project: Project,
    key: str | None = None,
    value: str | None = None,
    *,
    unset: bool = False,
    force: bool = False,
) -> Result:
    """Return the settings in force, or change or remove one of the ini.

    Parameters
    ----------
    key
        The setting to show or to change; all are shown if not given.
    value
        What to set it to; `%(NAME)s` stands for another option or an environment variable.
    unset
        Whether the setting is removed from the ini.
    force
        Whether a setting is written that nothing reads, or a value that the setting cannot have.

    Raises
    ------
    ConfigError
        There is no such setting, it cannot have this value, or the ini cannot be written.
    DriverMissingError
        The value is the url of a database that SQLAlchemy does not know.
    """
    if unset and key is not None:
        return _unset(project, key)
    if key is not None and value is not None:
        change = _set(project, key, value, force=force)
        project.reload()
        notes = [] if change.old_line != change.new_line else ["It says so already; nothing was changed."]
        databases = project.config.databases
        if key == "sqlalchemy.url" and databases and project.config.section not in databases:
            notes.append(f"This is the URL of none of the databases. {set_urls(databases)}")
        return ConfigChangeResult(
            source=change.source,
            old_line=_masked(key, change.old_line),
            new_line=_masked(key, change.new_line),
            notes=tuple(notes),
        )
    settings = project.config.settings()
    if key is None:
        return SettingsResult(settings=settings, notes=_unread(project.config))
    found = tuple(setting for setting in settings if setting.key == key)
    if not found:
        near = nearest(key, [setting.key for setting in settings])
        raise ConfigError(
            f"{project.config.path} has no setting {key!r}.",
            f"Did you mean {near!r}?" if near else "`config` lists all.",
        )
    return SettingsResult(settings=found)


def _set(project: Project, key: str, value: str, *, force: bool) -> Change:
    from nbmigrate.commands.project.settings import check_key, check_value

    name = key.lower()
    if name == "file_template":
        # Its tokens are written as those of the ini's own options, and are none.
        value = value.replace("%%", "%").replace("%", "%%")
    if force:
        return set_option(project.config, key, value)
    check_key(project, name)
    try:
        return set_option(project.config, key, value, check=lambda new: check_value(new, name))
    except MigrateError as error:
        error.hint = f"{error.hint}\nThe ini was left as it is.".strip()
        raise


def _unset(project: Project, key: str) -> ConfigChangeResult:
    change = unset_option(project.config, key)
    project.reload()
    return ConfigChangeResult(source=change.source, old_line=_masked(key, change.old_line), new_line=None)


def _unread(settings: Config) -> tuple[str, ...]:
    """Return a note for each option whose name is probably a misspelling."""
    return tuple(
        f"{settings.place(key)}: {key} is no setting. Did you mean {near}? `config --unset {key}` removes it."
        for key in settings.options
        if key not in KEYS and (near := nearest_key(key)) and near not in settings.options
    )


def _masked(key: str, line: str | None) -> str | None:
    """Return the line of an option as it may be shown: a password may have spaces in it."""
    if line is None:
        return None
    *before, value = re.split(r"([=:]\s*)", line, maxsplit=1)
    return "".join(before) + mask_option(key, value)
