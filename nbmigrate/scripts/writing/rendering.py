"""Mako templates: a revision file from script.py.mako."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mako.exceptions import MakoException, RichTraceback
from mako.template import Template

from nbmigrate.config import reason
from nbmigrate.errors import ScriptError
from nbmigrate.scripts.reading.headers import Header, parse_header, shown, syntax_problem
from nbmigrate.scripts.reading.syntax import parse

# What cannot stand in a source file as it is: controls, carriage returns (read back as newlines), lone surrogates.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
# What ends a docstring: three quotes, or one more in front of them.
_QUOTES = re.compile(r"\"\"\"|'''|[\"']\Z")
_PROBE = "nbmigrate-message"


@dataclass(frozen=True, slots=True)
class NewRevision:
    """What a new revision file is to say in its docstring and header."""

    id: str
    message: str | None
    down_revisions: tuple[str, ...]
    branch_labels: tuple[str, ...]
    depends_on: tuple[str, ...]
    create_date: datetime


def render(template: Path, variables: Mapping[str, Any]) -> str:
    """Return what a template renders to.

    Raises
    ------
    ScriptError
        The template is not there, or has an error; its file and line are named.
    """
    try:
        return str(Template(filename=str(template)).render_unicode(**variables))  # noqa: S702 - Python, not HTML
    except OSError as error:
        message = f"The template {shown(template)} cannot be read: {reason(error)}."
        raise ScriptError(
            message, "Put it back: `init` in another folder makes one.", path=template
        ) from error
    except Exception as error:
        line = _template_line(error)
        place = f"{shown(template)}, line {line}" if line else shown(template)
        # Mako's own errors end in the file and line.
        text = (
            str(error).split(" in file ")[0]
            if isinstance(error, MakoException)
            else f"{type(error).__name__}: {error}"
        )
        raise ScriptError(f"{place}: {text}", "Fix the template.", path=template, line=line) from error


def render_revision(template: Path, new: NewRevision, path: Path, variables: Mapping[str, Any]) -> str:
    """Return the text of a new revision file, its functions empty.

    A message goes into the docstring as it is, where that gives a file that compiles and whose docstring reads back;
    where it does not, because of quotes or backslashes, it is escaped.

    Raises
    ------
    ScriptError
        The template has an error, or does not write the header.
    """

    def text(message: str) -> str:
        return render(template, {**variables, **_variables(new, message)})

    message = "empty message" if new.message is None else new.message
    probe = text(_PROBE)
    header = _header(probe, path)
    problem = _difference(header, new)
    is_shown = _PROBE in _doc(header)
    usable = None
    for spelling in _spellings(message) if problem is None else ():
        rendered = text(spelling)
        header = _header(rendered, path)
        if _difference(header, new) is not None or _shape(rendered) != _shape(probe):
            continue
        if not is_shown or message.strip() in _doc(header):
            return rendered
        usable = usable or rendered
    if usable is None:
        why = (problem or "the message does not fit into it").rstrip(".")
        raise ScriptError(
            f"{shown(template)} does not make a revision file: {why}.",
            "It must set revision, down_revision, branch_labels and depends_on, as in a new project's.",
            path=template,
        )
    return usable


def _shape(text: str) -> list[type[ast.AST]]:
    """Return the kinds of nodes of a module: other ones mean that a message was taken for code."""
    return [type(node) for node in ast.walk(parse(text.encode("utf-8", "surrogatepass")))]


def _variables(new: NewRevision, message: str) -> dict[str, Any]:
    return {
        "message": message,
        "up_revision": new.id,
        "down_revision": _scalar(new.down_revisions),
        "branch_labels": new.branch_labels or None,
        # Alembic writes several parents as a tuple and several dependencies as a list.
        "depends_on": list(new.depends_on) if len(new.depends_on) > 1 else _scalar(new.depends_on),
        "create_date": new.create_date,
        "comma": _comma,
        "imports": "",
        "upgrades": "",
        "downgrades": "",
    }


def _scalar(values: tuple[str, ...]) -> str | tuple[str, ...] | None:
    return values if len(values) > 1 else next(iter(values), None)


def _comma(value: str | tuple[str, ...] | None) -> str:
    return value if isinstance(value, str) else ", ".join(value or ())


def _spellings(message: str) -> Iterator[str]:
    yield message
    escaped = _QUOTES.sub(lambda match: re.sub(".", r"\\\g<0>", match[0]), message.replace("\\", "\\\\"))
    escaped = _UNPRINTABLE.sub(lambda match: rf"\u{ord(match[0]):04x}", escaped)
    yield escaped
    # For a template that has the message in a comment.
    yield " ".join(escaped.split())


def _header(text: str, path: Path) -> Header:
    content = text.encode("utf-8", "surrogatepass")
    problem = syntax_problem(content, path)
    return Header(None, problem) if problem else parse_header(content, path)


def _doc(header: Header) -> str:
    return header.revision.doc if header.revision else ""


def _difference(header: Header, new: NewRevision) -> str | None:
    """Return what in a rendered file is not as asked for, or None."""
    if header.problem is not None or header.revision is None:
        return str(header.problem.message) if header.problem else "it has no header"
    for name, found, given in (
        ("revision", header.revision.id, new.id),
        ("down_revision", header.revision.down_revisions, new.down_revisions),
        ("branch_labels", header.revision.branch_labels, new.branch_labels),
        ("depends_on", header.revision.depends_on, new.depends_on),
    ):
        if found != given:
            return f"{name} is {found!r} and not {given!r}"
    return None


def _template_line(error: Exception) -> int | None:
    line = getattr(error, "lineno", None)
    if isinstance(error, MakoException) and isinstance(line, int):
        return line
    found = RichTraceback(error, error.__traceback__).lineno
    return found if isinstance(found, int) else None
