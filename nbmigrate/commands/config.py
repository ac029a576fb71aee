"""`config`: the settings in force, and changing one."""

import re
from dataclasses import dataclass

from nbmigrate.commands import html
from nbmigrate.commands.result import Result, Row, TabularResult, relative
from nbmigrate.commands.terminal import Terminal
from nbmigrate.config import Setting, set_option, set_urls
from nbmigrate.config.masking import mask_option
from nbmigrate.errors import ConfigError, nearest
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
    """A line of the ini as it was and as it is; passwords masked."""

    source: str
    old_line: str | None
    new_line: str

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
        old = "" if self.old_line is None else f"- {self.old_line}\n"
        return f"{self.source}\n{old}+ {self.new_line}"

    def to_html(self) -> str:
        """Return the change as a diff of one line."""
        return html.code(self.to_text(), "diff")


def config(project: Project, key: str | None = None, value: str | None = None) -> Result:
    """Return the settings in force, or change one line of the ini.

    Parameters
    ----------
    key
        The setting to show or to change; all are shown if not given.
    value
        What to set it to; `%(NAME)s` stands for another option or an environment variable.

    Raises
    ------
    ConfigError
        There is no such setting, or the ini cannot be written.
    """
    if key is not None and value is not None:
        change = set_option(project.config, key, value)
        project.reload()
        notes = [] if change.old_line != change.new_line else ["It says so already; nothing was changed."]
        databases = project.config.databases
        if key == "sqlalchemy.url" and databases and project.config.section not in databases:
            notes.append(f"This is the url of none of the databases. {set_urls(databases)}")
        return ConfigChangeResult(
            source=change.source,
            old_line=None if change.old_line is None else _masked(key, change.old_line),
            new_line=_masked(key, change.new_line),
            notes=tuple(notes),
        )
    settings = project.config.settings()
    if key is None:
        return SettingsResult(settings=settings)
    found = tuple(setting for setting in settings if setting.key == key)
    if not found:
        near = nearest(key, [setting.key for setting in settings])
        raise ConfigError(
            f"{project.config.path} has no setting {key!r}.",
            f"Did you mean {near!r}?" if near else "`config` lists all.",
        )
    return SettingsResult(settings=found)


def _masked(key: str, line: str) -> str:
    """Return the line of an option as it may be shown: a password may have spaces in it."""
    *before, value = re.split(r"([=:]\s*)", line, maxsplit=1)
    return "".join(before) + mask_option(key, value)
