"""Alembic's Config: what env.py sees as `context.config`, and what programs give to `nbmigrate.compat.command`."""

import argparse
import copy
import os
import sys
from collections.abc import Iterator, Mapping
from configparser import ConfigParser
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, TextIO, overload

from nbmigrate.config import Config
from nbmigrate.errors import ConfigError
from nbmigrate.scripts.new_project.templates import FOLDER as TEMPLATES_FOLDER


class AlembicConfig:
    """A project's configuration under Alembic's names; what is set in it changes no file.

    Parameters
    ----------
    file_
        The ini; without one, and without `toml_file`, everything is set by `set_main_option`.
    toml_file
        The pyproject.toml.
    ini_section
        The section of the ini that is the project's.
    output_buffer
        Where the script of `sql=True` goes; `stdout` if None.
    stdout
        Where commands print; what `sys.stdout` is at that time if None.
    cmd_opts
        What the command line said: its `x` is what env.py reads with `context.get_x_argument()`.
    config_args
        What `%(name)s` stands for in the files, besides `here`.
    attributes
        Objects for env.py, such as a connection; found in `config.attributes`.

    Raises
    ------
    ConfigError
        When a setting is first asked for: the file cannot be read, or is not there and nothing else has settings.
    """

    def __init__(
        self,
        file_: str | os.PathLike[str] | None = None,
        toml_file: str | os.PathLike[str] | None = None,
        ini_section: str = "alembic",
        output_buffer: TextIO | None = None,
        stdout: TextIO | None = None,
        cmd_opts: argparse.Namespace | None = None,
        config_args: Mapping[str, Any] | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> None:
        self.config_file_name = os.fspath(file_) if file_ else None
        self.toml_file_name = os.fspath(toml_file) if toml_file else None
        self.config_ini_section = ini_section
        self.output_buffer = output_buffer
        self._stdout = stdout
        self.cmd_opts = cmd_opts
        self.config_args = dict(config_args or {})
        self.attributes: dict[str, Any] = dict(attributes or {})

    @classmethod
    def of(cls, config: Config, attributes: Mapping[str, Any] | None = None) -> "AlembicConfig":
        """Return the configuration of a project under Alembic's names."""
        made = cls(
            str(config.path) if config.path is not None else None,
            str(config.toml_path) if config.toml_path is not None else None,
            config.section,
            cmd_opts=argparse.Namespace(
                x=list(config.x_arguments) or None, autogenerate=False, quiet=False, verbose=False
            ),
            attributes=attributes,
        )
        made.__dict__["_found"] = config
        return made

    @cached_property
    def _found(self) -> Config:
        """The settings as the files have them."""
        return Config.named(
            self.config_file_name,
            self.toml_file_name,
            self.config_ini_section,
            variables={name: str(value) for name, value in self.config_args.items()},
            x=tuple(getattr(self.cmd_opts, "x", None) or ()),
        )

    @property
    def settings(self) -> Config:
        """The settings, with what was set since."""
        if "file_config" in self.__dict__:
            return self._found.with_options(self.file_config)
        return self._found

    @contextmanager
    def placing_errors(self) -> Iterator[None]:
        """Name the file and the line of a setting in the error about its value that the block raises."""
        try:
            yield
        except ConfigError as error:
            # What env.py or a program has set is in no file.
            if error.key and self._found.get(error.key) == self.get_main_option(error.key):
                error.message, error.key = f"{self._found.place(error.key)}: {error.message}", ""
            raise

    @property
    def stdout(self) -> TextIO:
        """Where commands print: in a notebook another object in every cell."""
        return self._stdout if self._stdout is not None else sys.stdout

    @stdout.setter
    def stdout(self, stream: TextIO | None) -> None:
        self._stdout = stream

    @property
    def messaging_opts(self) -> Mapping[str, bool]:
        """How commands talk: whether they are to be quiet."""
        return {"quiet": bool(getattr(self.cmd_opts, "quiet", False))}

    @cached_property
    def toml_alembic_config(self) -> Mapping[str, Any]:
        """The table of the project in the pyproject.toml, as it is written; empty where there is none."""
        import tomllib

        path = Path(self.toml_file_name) if self.toml_file_name else None
        if path is None or not path.is_file():
            return {}
        tools = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
        found: Mapping[str, Any] = tools.get("nbmigrate") or tools.get("alembic") or {}
        return found

    def get_template_directory(self) -> str:
        """Return the folder of the templates that `init` takes."""
        return str(TEMPLATES_FOLDER)

    def get_version_locations_list(self) -> list[str] | None:
        """Return the items of version_locations as they are written; None where it is not set."""
        return self.settings.items("version_locations") or None

    def get_prepend_sys_paths_list(self) -> list[str] | None:
        """Return the items of prepend_sys_path as they are written; None where it is not set."""
        return self.settings.items("prepend_sys_path") or None

    def get_hooks_list(self) -> list[dict[str, str]]:
        """Return the options of each post-write hook, with its name as `_hook_name`."""
        return [{**options, "_hook_name": name} for name, options in self.settings.post_write_hooks]

    @cached_property
    def file_config(self) -> ConfigParser:
        """The ini as the standard library reads it, with what was set since."""
        parser = copy.deepcopy(self._found.ini_parser)
        if self.config_file_name is None and not parser.has_section(self.config_ini_section):
            parser.add_section(self.config_ini_section)
        return parser

    @overload
    def get_main_option(self, name: str, default: str) -> str: ...
    @overload
    def get_main_option(self, name: str, default: str | None = None) -> str | None: ...
    def get_main_option(self, name: str, default: str | None = None) -> str | None:
        """Return an option of the project's own section, or of pyproject.toml."""
        return self.get_section_option(self.config_ini_section, name, default)

    def get_alembic_option(self, name: str, default: Any = None) -> Any:
        """Return an option of the project's own section, or of pyproject.toml: there a list stays a list."""
        value = self.toml_alembic_config.get(name)
        if not isinstance(value, list | dict) or self.file_config.has_option(self.config_ini_section, name):
            found = self.get_main_option(name, default)
            return value if isinstance(value, int) and found == str(value).lower() else found
        if self.toml_file_name is None:
            return value
        return _filled(
            value, {**self.config_args, "here": Path(self.toml_file_name).absolute().parent.as_posix()}
        )

    def get_alembic_boolean_option(self, name: str) -> bool:
        """Return whether an option is `true`; ConfigError for one of a pyproject.toml that is no boolean."""
        return self.settings.is_true(name)

    def get_section_option(self, section: str, name: str, default: str | None = None) -> str | None:
        """Return an option of a section; NoProjectError where the ini is not there, and nothing else says anything."""
        if section == self.config_ini_section:
            if not self.settings.options:
                self.settings.check_found()
            return self.settings.get(name, default)
        return self.settings.section_items(section).get(name.lower(), default)

    @overload
    def get_section(self, name: str, default: Mapping[str, str]) -> dict[str, str]: ...
    @overload
    def get_section(self, name: str, default: None = None) -> dict[str, str] | None: ...
    def get_section(self, name: str, default: Mapping[str, str] | None = None) -> dict[str, str] | None:
        """Return all options of a section; `default` where the ini has no such section."""
        options = self.settings.section_items(name)
        if not options:
            return dict(default) if default is not None else None
        return options

    def set_main_option(self, name: str, value: str) -> None:
        """Set an option of the project's own section; percent signs in `value` are doubled, as in an ini."""
        self.set_section_option(self.config_ini_section, name, value)

    def remove_main_option(self, name: str) -> None:
        """Take an option out."""
        self.file_config.remove_option(self.config_ini_section, name)

    def set_section_option(self, section: str, name: str, value: str) -> None:
        """Set an option of a section; percent signs in `value` are doubled, as in an ini."""
        if not self.file_config.has_section(section):
            self.file_config.add_section(section)
        self.file_config.set(section, name, value)

    def print_stdout(self, text: str, *arguments: object) -> None:
        """Write a line where commands print, unless they are told to be quiet."""
        if not getattr(self.cmd_opts, "quiet", False):
            line = str(text) % arguments if arguments else str(text)
            encoding = getattr(self.stdout, "encoding", None) or "utf-8"
            # A stream that does not know every character gets question marks.
            self.stdout.write(line.encode(encoding, "replace").decode(encoding) + "\n")


def _filled(value: Any, names: Mapping[str, Any]) -> Any:
    """Return a value of a pyproject.toml with `%(name)s` replaced in all its texts."""
    if isinstance(value, list):
        return [_filled(item, names) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, names) for key, item in value.items()}
    return value % names if isinstance(value, str) else value
