"""What the words of a command become: the parser that raises our errors, and a call that is ready to run."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, NoReturn

from nbmigrate.commands.results.result import Result, Row
from nbmigrate.errors import NothingMigratedError, UsageError, nearest

if TYPE_CHECKING:
    from nbmigrate.database.events import Listener
    from nbmigrate.environment.connectable import Connectable
    from nbmigrate.project import Project

#: What `--engine` is.
ENGINE_HELP = (
    "in a notebook: work on the engine or connection of this name, a variable or a connection of JupySQL's "
    "(%%sql is its current one)"
)
#: The verbs that take a cell body.
BODY_VERBS = ("revision", "edit")


def no_namespace(name: str) -> NoReturn:
    """Refuse the name of an engine, where there are no variables."""
    raise UsageError(
        f"--engine works in a notebook alone, where {name} is a variable.",
        "Elsewhere sqlalchemy.url in the ini names the database: `nbmigrate config sqlalchemy.url URL`.",
    )


@dataclass(frozen=True, slots=True)
class Call:
    """What a front gives to a command besides its words.

    Parameters
    ----------
    open_project
        Opens the project of the words' global options.
    body
        The cell under a `%%migrate` line, or what a terminal piped in; None for none.
    listener
        Told of the progress of a run.
    find_engine
        Returns the engine or connection that a name stands for.
    once
        Whether a revision that an earlier call wrote is not written again, as where a cell is run again.
    """

    open_project: "Callable[[argparse.Namespace], Project]"
    body: str | None = None
    listener: "Listener | None" = None
    find_engine: "Callable[[str], Connectable]" = no_namespace
    once: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a command, understood."""

    verb: str
    options: argparse.Namespace
    run: "Run" = field(repr=False)

    def __call__(self, call: Call) -> Result:
        """Run the command."""
        if call.body is not None and self.verb not in BODY_VERBS:
            raise UsageError(
                f"`{self.verb}` takes no body.",
                f"Write %migrate {self.verb} with one %, alone on its line or above other code.",
            )
        try:
            return self.run(call, self.options)
        except NothingMigratedError as nothing:
            return TextResult(text="", notes=(str(nothing),))


@dataclass(frozen=True, kw_only=True, repr=False)
class TextResult(Result):
    """A text to read: help, or a version."""

    text: str

    def rows(self) -> list[Row]:
        """Return the lines of the text."""
        return [{"line": line} for line in self.text.splitlines()]

    def to_text(self) -> str:
        """Return the text."""
        return self.text

    def to_html(self) -> str:
        """Return the text, its layout kept."""
        return f"<pre>{escape(self.text)}</pre>"


class HelpRequested(Exception):  # noqa: N818
    """`-h` stands among the words; `text` is what it asks for."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class _Help(argparse.Action):
    """`-h`: the text travels up as a result, since a notebook must not see SystemExit."""

    def __init__(self, option_strings: Sequence[str], dest: str = argparse.SUPPRESS, **_: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help="show this text")

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        raise HelpRequested(parser.format_help().rstrip())


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """The layout of help; every argument that is declared makes one, and argparse's own would load much for a width."""

    def __init__(self, prog: str) -> None:
        columns = os.environ.get("COLUMNS", "")
        if not columns.isdecimal():
            try:
                columns = str(os.get_terminal_size(sys.__stdout__.fileno()).columns)  # type: ignore[union-attr]
            except (AttributeError, ValueError, OSError):
                columns = ""
        super().__init__(prog, width=int(columns or 0) - 2 if int(columns or 0) > 2 else 78)


class Parser(argparse.ArgumentParser):
    """An argument parser that raises our errors, naming the nearest valid word."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(add_help=False, formatter_class=_Formatter, **kwargs)
        # Python 3.14 would colour the help wherever FORCE_COLOR is set, in a notebook too.
        self.color = False
        #: A line that is whole, for who has left something out.
        self.example = ""
        self.add_argument("-h", "--help", action=_Help)

    def option_strings(self) -> tuple[str, ...]:
        """Return the options, short and long."""
        return tuple(name for action in self._actions for name in action.option_strings)

    def takes_value(self, option: str) -> bool:
        """Whether the word after this one is its value."""
        action = self._option_string_actions.get(option)
        return action is not None and action.nargs != 0

    def choices_of(self, option: str) -> tuple[str, ...]:
        """Return the values that an option may have, where they are few."""
        action = self._option_string_actions.get(option)
        return tuple(action.choices or ()) if action is not None else ()

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print before it exits."""
        usage = self.format_usage().strip()
        example = f"For example: {self.example}" if self.example and "required" in message else ""
        raise UsageError(message[0].upper() + message[1:] + ".", f"{usage}\n{example}".rstrip())

    def list_words(self, title: str, words: Mapping[str, str]) -> None:
        """Show words and what each means as a section of the help; they are no arguments of their own."""
        section = self.add_argument_group(title)
        section._group_actions += [
            argparse.Action([], name, metavar=name, help=summary) for name, summary in words.items()
        ]

    def verb_among(self, words: Sequence[str]) -> str | None:
        """Return the first word that is neither a global option nor the value of one: what stands for a verb."""
        rest = iter(words)
        for word in rest:
            if self.takes_value(word):
                next(rest, None)
            elif not word.startswith("-"):
                return word
        return None

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        names = list(action.choices)
        near = nearest(str(value), names)
        # "direction": a word by its place; an option's value by the option.
        what = f"value for {action.option_strings[-1]}" if action.option_strings else action.dest
        meant = f"Did you mean {near!r}? " if near else ""
        raise UsageError(f"There is no {what} {value!r}.", f"{meant}Valid: {', '.join(names)}.")


#: Runs a command whose words are understood.
Run = Callable[[Call, argparse.Namespace], Result]
#: What declares the words of a verb and returns how to run it, by the verb's name.
DECLARATIONS: dict[str, Callable[[Parser], Run]] = {}


def declares(declare: Callable[[Parser], Run]) -> Callable[[Parser], Run]:
    """Take a function as what declares the words of the verb in its name, `_VERB`."""
    DECLARATIONS[declare.__name__.removeprefix("_")] = declare
    return declare
