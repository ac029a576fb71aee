"""The traceback of an error as it may be shown: where it passed, but no line that could hold a password."""

import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

#: Variables of a module that is a revision, whose lines are shown: they are what somebody is looking for.
_REVISION = {"revision", "down_revision"}
#: The folders of installed packages.
_INSTALLED = {"site-packages", "dist-packages"}


def traceback_text(error: BaseException, url: str | None = None) -> str:
    """Return the traceback of an error, and of those that it was raised from.

    A line of env.py, of a module that it imports, or of a cell may have a password in it, in whatever spelling: of
    those only the place is told. Lines of installed packages and of revision files are there.

    Parameters
    ----------
    error
        What was raised.
    url
        The url in use, for its password.
    """
    from nbmigrate.database.errors import masked

    hidden = {frame.f_code.co_filename for frame in _frames(error) if not _may_be_shown(frame)}
    exception = traceback.TracebackException.from_exception(error)
    for link in _links(exception):
        link.stack = traceback.StackSummary.from_list(
            traceback.FrameSummary(frame.filename, frame.lineno, frame.name, lookup_line=False, line="")
            if frame.filename in hidden
            else frame
            for frame in link.stack
        )
        # What the parser refused is quoted by the error itself.
        if getattr(link, "text", None) is not None:
            link.text = None  # type: ignore[assignment]
    return masked("".join(exception.format()), url)


def _may_be_shown(frame: FrameType) -> bool:
    if frame.f_globals.keys() >= _REVISION:
        return True
    path = Path(frame.f_code.co_filename)
    if not _INSTALLED.isdisjoint(path.parts):
        return True
    return path.is_relative_to(Path(__file__).parents[2]) or path.is_relative_to(
        Path(traceback.__file__).parent
    )


def _frames(error: BaseException) -> Iterator[FrameType]:
    """Return the frames of an error and of all that led to it, or were raised with it."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        link = waiting.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        yield from (frame for frame, _ in traceback.walk_tb(link.__traceback__))
        waiting += [link.__cause__, link.__context__]
        waiting += link.exceptions if isinstance(link, BaseExceptionGroup) else []


def _links(exception: traceback.TracebackException) -> Iterator[traceback.TracebackException]:
    waiting: list[traceback.TracebackException | None] = [exception]
    while waiting:
        link = waiting.pop()
        if link is not None:
            yield link
            waiting += [link.__cause__, link.__context__, *(link.exceptions or ())]
