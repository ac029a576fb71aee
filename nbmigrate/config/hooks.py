"""The post-write hooks of a project: what is run on every new revision file."""

import re
from collections.abc import Iterator, Mapping, Sequence

from nbmigrate.config.source import HOOK_TABLES, Source
from nbmigrate.errors import ConfigError

SECTION = "post_write_hooks"

#: A hook: its name, and its options as they are written: type, entrypoint, options ...
HookSetting = tuple[str, Mapping[str, str]]


def hook_settings(sources: Sequence[Source]) -> tuple[HookSetting, ...]:
    """Return the hooks in the order they run; where the ini has a section for them, pyproject.toml is not looked at."""
    for source in sources:
        if source.parser.has_section(SECTION):
            return tuple(_from_section(source))
    return tuple(hook for source in sources for hook in _from_tables(source))


def _from_section(source: Source) -> Iterator[HookSetting]:
    options = source.parser.options(SECTION)
    names = source.get("hooks", SECTION) if "hooks" in options else ""
    for name in filter(None, re.split(r"[,\s]+", names)):
        # The parser writes options in small letters, whatever the name is written in.
        prefix = source.parser.optionxform(f"{name}.")
        found = {key.removeprefix(prefix): key for key in options if key.startswith(prefix)}
        yield name, {key: source.get(full, SECTION) for key, full in found.items()}


def _from_tables(source: Source) -> Iterator[HookSetting]:
    for section in source.parser.sections():
        if section.startswith(HOOK_TABLES):
            keys = [key for key in source.parser.options(section) if key not in source.parser.defaults()]
            options = {key: source.get(key, section) for key in keys}
            name = options.pop("name", "")
            if not name:
                raise ConfigError(
                    f"{source.path.name}: a post write hook has no name.", 'Add a line: name = "..."'
                )
            yield name, options
