"""Revisions without their source: what a .pyc says about itself, read without running it."""

import dis
import importlib.util
import marshal
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

from nbmigrate.config import reason
from nbmigrate.errors import UnreadableRevisionError
from nbmigrate.scripts.reading.headers import COMPUTED, NAMES, Header, header_of, shown, unreadable_file

#: The bytes of a .pyc before its code: magic number, flags, and the source's time and size, or its hash.
_HEAD = 16
_BUILDS = {"BUILD_SET": set, "BUILD_LIST": list, "BUILD_TUPLE": tuple}
_EXTENDS = ("LIST_EXTEND", "SET_UPDATE")
_DOCSTRING = "__doc__"


def read_compiled(path: Path) -> Header:
    """Read the header of a revision from its bytecode; what is wrong with it is in the result."""
    try:
        values = dict(_stored(code_of(path.read_bytes(), path)))
    except OSError as error:
        return unreadable_file(path, reason(error))
    except UnreadableRevisionError as problem:
        return Header(None, problem)
    except Exception as error:
        # Bytecode that no compiler made can upset `dis` in any way.
        return Header(None, _damaged(path, error))
    doc, _ = values.pop(_DOCSTRING, (None, None))
    return header_of(values, doc, path)


def code_of(content: bytes, path: Path) -> CodeType:
    """Return the code in a .pyc, with the path that it is at now.

    Raises
    ------
    UnreadableRevisionError
        It was compiled by another version of Python, or is damaged.
    """
    if content[:4] != importlib.util.MAGIC_NUMBER:
        raise UnreadableRevisionError(
            f"{shown(path)} was not compiled by this version of Python.",
            "Compile its source again, or use the Python that made it.",
            path=path,
        )
    try:
        code = marshal.loads(content[_HEAD:])  # noqa: S302
    except (ValueError, EOFError, TypeError, RecursionError, MemoryError) as error:
        raise _damaged(path, error) from error
    if not isinstance(code, CodeType):
        raise _damaged(path, TypeError("there is no code in it"))
    return _at(path, code)


def _damaged(path: Path, error: Exception) -> UnreadableRevisionError:
    return UnreadableRevisionError(
        f"{shown(path)} is damaged: {str(error) or type(error).__name__}.",
        "Compile its source again.",
        path=path,
    )


def _at(path: Path, code: CodeType) -> CodeType:
    """Return code that says of itself that it is from a file, where it may have been compiled elsewhere."""
    constants = tuple(_at(path, one) if isinstance(one, CodeType) else one for one in code.co_consts)
    return code.replace(co_filename=str(path), co_consts=constants)


def _stored(code: CodeType) -> Iterator[tuple[str, tuple[object, int | None]]]:
    """Yield what a module's code stores under the names of a header and as its docstring, and the line of each."""
    stack: list[object] = []
    conditional_until = 0
    line = None
    for step in dis.get_instructions(code):
        line = step.starts_line if type(step.starts_line) is int else getattr(step, "line_number", line)
        match step.opname:
            case "LOAD_CONST":
                stack.append(step.argval)
            case "COPY":
                stack.append(stack[-step.argval] if step.argval <= len(stack) else COMPUTED)
            case "STORE_NAME" | "DELETE_NAME":
                value = stack.pop() if stack else COMPUTED
                if step.opname == "DELETE_NAME" or step.offset < conditional_until:
                    value = COMPUTED
                if step.argval in NAMES or step.argval == _DOCSTRING:
                    yield step.argval, (value, line)
            case name if name in _BUILDS and step.argval <= len(stack):
                start = len(stack) - step.argval
                stack[start:] = [_built(name, stack[start:])]
            case name if name in _EXTENDS and len(stack) > 1:
                stack[-2:] = [_extended(*stack[-2:])]
            case "UNPACK_SEQUENCE":
                values = stack.pop() if stack else None
                if isinstance(values, tuple) and len(values) == step.argval:
                    stack += reversed(values)
                else:
                    stack += [COMPUTED] * step.argval
            case "EXTENDED_ARG" | "NOP" | "CACHE":
                pass
            case _:
                stack.clear()
        if step.opcode in dis.hasjrel or step.opcode in dis.hasjabs:
            conditional_until = max(conditional_until, step.argval)


def _built(name: str, items: list[object]) -> object:
    return COMPUTED if any(item is COMPUTED for item in items) else _BUILDS[name](items)


def _extended(items: object, more: object) -> object:
    if isinstance(items, list) and isinstance(more, tuple | list):
        return [*items, *more]
    if isinstance(items, set) and isinstance(more, frozenset):
        return items | more
    return COMPUTED
