"""What env.py sees as `context.config`: Alembic's Config, for reading and for changing until env.py ends."""

import argparse
import sys
from collections.abc import Mapping
from configparser import ConfigParser
from functools import cached_property
from typing import Any, overload

from nbmigrate.config import Config


class AlembicConfig:
    """A project's configuration under Alembic's names; what env.py sets in it changes no file.

    Parameters
    ----------
    config
        The project's configuration.
    attributes
        Objects for env.py, such as a connection; found in `config.attributes`.
    """

    def __init__(self, config: Config, attributes: Mapping[str, Any] | None = None) -> None:
        self._config = config
        self._changed: dict[str, dict[str, str]] = {}
        self.attributes: dict[str, Any] = dict(attributes or {})
        self.config_ini_section = config.section
        self.config_file_name = str(config.path) if config.path is not None else None
        self.toml_file_name = str(config.toml_path) if config.toml_path is not None else None
        self.cmd_opts = argparse.Namespace(x=list(config.x_arguments) or None)

    @overload
    def get_main_option(self, name: str, default: str) -> str: ...
    @overload
    def get_main_option(self, name: str, default: str | None = None) -> str | None: ...
    def get_main_option(self, name: str, default: str | None = None) -> str | None:
        """Return an option of the project's own section, or of pyproject.toml."""
        return self.get_section_option(self.config_ini_section, name, default)

    #: Alembic's newer name; a pyproject.toml is looked into by both.
    get_alembic_option = get_main_option

    def get_section_option(self, section: str, name: str, default: str | None = None) -> str | None:
        """Return an option of a section."""
        if name.lower() in self._changed.get(section, {}):
            return self._interpolated(section, name)
        if section == self.config_ini_section:
            return self._config.get(name, default)
        return self._config.section_items(section).get(name.lower(), default)

    def get_section(self, name: str, default: Mapping[str, str] | None = None) -> dict[str, str] | None:
        """Return all options of a section; `default` where the ini has no such section."""
        changed = self._changed.get(name, {})
        options = self._config.section_items(name)
        if not options and not changed:
            return dict(default) if default is not None else None
        return options | {key: self._interpolated(name, key) for key in changed}

    def set_main_option(self, name: str, value: str) -> None:
        """Set an option of the project's own section; percent signs in `value` are doubled, as in an ini."""
        self.set_section_option(self.config_ini_section, name, value)

    def remove_main_option(self, name: str) -> None:
        """Forget what was set for an option."""
        self._changed.get(self.config_ini_section, {}).pop(name.lower(), None)

    def set_section_option(self, section: str, name: str, value: str) -> None:
        """Set an option of a section; percent signs in `value` are doubled, as in an ini."""
        self._changed.setdefault(section, {})[name.lower()] = value
        if "file_config" in self.__dict__:
            self._write(self.file_config, section, name, value)

    def print_stdout(self, text: str, *arguments: object) -> None:
        """Write a line to what `sys.stdout` is now."""
        sys.stdout.write((str(text) % arguments if arguments else str(text)) + "\n")

    @cached_property
    def file_config(self) -> ConfigParser:
        """The ini as the standard library reads it, with what was set since."""
        parser = ConfigParser({"here": str(self._config.file.parent).replace("%", "%%")})
        if self._config.path is not None:
            parser.read(self._config.path, encoding="utf-8")
        for section, options in self._changed.items():
            for name, value in options.items():
                self._write(parser, section, name, value)
        return parser

    @staticmethod
    def _write(parser: ConfigParser, section: str, name: str, value: str) -> None:
        if not parser.has_section(section):
            parser.add_section(section)
        parser.set(section, name, value)

    def _interpolated(self, section: str, name: str) -> str:
        """Return what was set, read as an ini reads it, among the options of its section."""
        options = {
            key: value.replace("%", "%%") for key, value in self._config.section_items(section).items()
        }
        parser = ConfigParser()
        parser.read_dict({section: options | self._changed[section]})
        return parser.get(section, name)
