"""Post-write hooks: programs, such as a formatter, that are run on a revision file once it is written.

They are planned before the file is written, so that a wrong setting stops the command while nothing has happened.
"""

import importlib.metadata
import importlib.util
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbmigrate.config import HookSetting, reason
from nbmigrate.errors import ConfigError, nearest

#: Stands for the file in a hook's options; put in front of them where it is not among them.
FILE_TOKEN = "REVISION_SCRIPT_FILENAME"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Hook:
    """A program to run on a new file.

    Parameters
    ----------
    command
        The program, with the arguments that its kind needs.
    arguments
        The arguments from the configuration; `FILE_TOKEN` stands for the file.
    folder
        Where it runs; the current folder if None.
    """

    name: str
    command: tuple[str, ...]
    arguments: tuple[str, ...]
    folder: str | None = None


@dataclass(frozen=True, slots=True)
class HookRun:
    """What a hook did: what it printed, and why it failed, which is empty where it did not."""

    name: str
    output: str
    errors: str
    failure: str = ""


def plan_hooks(settings: Sequence[HookSetting]) -> tuple[Hook, ...]:
    """Return the hooks that the configuration asks for; nothing is run.

    Raises
    ------
    ConfigError
        A hook has no type, none of the known ones, or lacks what its type needs.
    """
    return tuple(_hook(name, options) for name, options in settings)


def run_hook(hook: Hook, path: Path) -> HookRun:
    """Run a hook on a file and return what it printed; that it fails is in the result, nothing is raised."""
    arguments = [argument.replace(FILE_TOKEN, str(path)) for argument in hook.arguments]
    try:
        done = subprocess.run(  # noqa: S603 - the program is the project's own setting
            [*hook.command, *arguments],
            cwd=hook.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except (OSError, ValueError) as error:
        return HookRun(hook.name, "", "", f"{hook.command[0]} cannot be started: {reason(error)}")
    failure = f"it ended with exit code {done.returncode}" if done.returncode else ""
    output, errors = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
    return HookRun(hook.name, output, errors, failure)


def _hook(name: str, options: Mapping[str, str]) -> Hook:
    type_ = options.get("type")
    if type_ is None:
        raise ConfigError(
            f"Key '{name}.type' (or 'type' in toml) is required for post write hook '{name}'",
            f"It is one of: {', '.join(_COMMANDS)}.",
        )
    if type_ not in _COMMANDS:
        near = nearest(type_, _COMMANDS)
        meant = f"Did you mean {near}? " if near else ""
        raise ConfigError(
            f"No formatter with name '{type_}' registered, which post write hook '{name}' has as its type",
            f"{meant}The types are: {', '.join(_COMMANDS)}.",
        )
    written = options.get("options", "")
    if FILE_TOKEN not in written:
        written = f"{FILE_TOKEN} {written}"
    try:
        arguments = shlex.split(written, posix=os.name == "posix")
    except ValueError as error:
        raise ConfigError(
            # What they are is not shown: a password may be among them.
            f"A quote is not closed in the options of post write hook '{name}'.",
            "Close it.",
        ) from error
    return Hook(name, _COMMANDS[type_](name, options), tuple(arguments), options.get("cwd"))


def _required(name: str, options: Mapping[str, str], key: str) -> str:
    if key not in options:
        raise ConfigError(
            f"Key {name}.{key} is required for post write hook '{name}'",
            f"Set what is to be run: {name}.{key} = ...",
        )
    return options[key]


def _console_script(name: str, options: Mapping[str, str]) -> tuple[str, ...]:
    wanted = _required(name, options, "entrypoint")
    for entry in importlib.metadata.entry_points(group="console_scripts", name=wanted):
        program = f"import {entry.module}; {entry.module}.{entry.attr}()"
        return sys.executable, "-c", program
    raise ConfigError(
        f"Could not find entrypoint console_scripts.{wanted}",
        f"Install the package that brings it, or take post write hook '{name}' out.",
    )


def _executable(name: str, options: Mapping[str, str]) -> tuple[str, ...]:
    return (_required(name, options, "executable"),)


def _module(name: str, options: Mapping[str, str]) -> tuple[str, ...]:
    wanted = _required(name, options, "module")
    try:
        found = importlib.util.find_spec(wanted)
    except (ImportError, ValueError):
        found = None
    if found is None:
        raise ConfigError(
            f"Could not find module {wanted}", f"Install it, or take post write hook '{name}' out."
        )
    return sys.executable, "-m", wanted


_COMMANDS: Mapping[str, Callable[[str, Mapping[str, str]], tuple[str, ...]]] = {
    "console_scripts": _console_script,
    "exec": _executable,
    "module": _module,
}
