"""A revision that is only tried out, to tell what it does, is stopped before it does anything outside the database.

This protects from surprise and is no sandbox: it hears of what Python's own functions do, so not of what a library
written in C does, nor of the threads that code starts before Python 3.12; and who wants to get round it can.
"""

import os
import sys
from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from functools import cache
from types import FrameType, TracebackType
from typing import Any

import sqlalchemy as sa

from nbmigrate.config import mask_url
from nbmigrate.errors import TrialStoppedError

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
#: A command or an address longer than this is cut.
_LONGEST = 100

#: What the events of `sys.audit` are in words, with their arguments by number; see "Audit events table" of Python.
_WORDS: Mapping[str, str] = {
    "os.chflags": "changes the flags of {0}",
    "os.chmod": "changes the permissions of {0}",
    "os.chown": "changes the owner of {0}",
    "os.link": "makes the link {1}",
    "os.mkdir": "makes the folder {0}",
    "os.remove": "removes the file {0}",
    "os.removexattr": "changes the attributes of {0}",
    "os.rename": "renames {0} to {1}",
    "os.rmdir": "removes the folder {0}",
    "os.setxattr": "changes the attributes of {0}",
    "os.symlink": "makes the link {1}",
    "os.truncate": "cuts the file {0}",
    "os.utime": "changes the times of {0}",
    "shutil.chown": "changes the owner of {0}",
    "shutil.copyfile": "copies {0} to {1}",
    "shutil.copymode": "changes the permissions of {1}",
    "shutil.copystat": "changes the permissions of {1}",
    "shutil.copytree": "copies {0} to {1}",
    "shutil.make_archive": "makes the archive {0}",
    "shutil.move": "moves {0} to {1}",
    "shutil.rmtree": "removes the folder {0}",
    "shutil.unpack_archive": "unpacks {0}",
    "sqlite3.connect": "opens the SQLite database {0}",
    "tempfile.mkdtemp": "makes the folder {0}",
    "tempfile.mkstemp": "opens the file {0} for writing",
    "os.exec": "starts the program {0}",
    "os.fork": "starts a process",
    "os.forkpty": "starts a process",
    "os.kill": "sends a signal to process {0}",
    "os.killpg": "sends a signal to processes {0}",
    "os.posix_spawn": "starts the program {0}",
    "os.spawn": "starts the program {1}",
    "os.startfile": "opens {0} with its program",
    "os.system": "runs the command {0}",
    "pty.spawn": "starts the program {0}",
    "subprocess.Popen": "starts the program {0}",
    "_winapi.CreateProcess": "starts the program {0}",
    "webbrowser.open": "opens {0} in a browser",
    # What is done in one is not heard of. Python tells since 3.12.
    "_thread.start_joinable_thread": "starts a thread",
    "_thread.start_new_thread": "starts a thread",
    "http.client.connect": "connects to {1}, port {2}",
    "socket.bind": "opens a socket at {1}",
    "socket.connect": "connects to {1}",
    "socket.getaddrinfo": "looks for the address of {0}",
    "socket.gethostbyaddr": "looks for the name of {0}",
    "socket.gethostbyname": "looks for the address of {0}",
    "socket.getnameinfo": "looks for the name of {0}",
    "socket.sendmsg": "sends something to {1}",
    "socket.sendto": "sends something to {1}",
    "urllib.Request": "asks for {0}",
}


class _StopTrial(BaseException):
    """Leaves the code of a revision; `except Exception` there does not hold it."""


class _NoThreadError(_StopTrial, RuntimeError):
    """The same, which `threading` takes for a thread that could not be started, and tidies up."""


class TrialGuard:
    """Stops the code in a block before it writes a file, starts a process or opens a connection.

    Reading is not stopped, nor what nbmigrate asks its own database meanwhile, nor what Python keeps of a module that
    is imported. The block ends with TrialStoppedError then, also where the code has caught what stopped it.

    Parameters
    ----------
    filename
        The file whose lines are named.
    on_stop
        Told of it at once, where the code may go on.
    """

    def __init__(
        self, filename: str, on_stop: Callable[[TrialStoppedError], None] = lambda error: None
    ) -> None:
        self._filename = filename
        self._on_stop = on_stop
        self._block: FrameType | None = None
        self._token: Token[TrialGuard | None] | None = None
        self._stopped: TrialStoppedError | None = None

    def __enter__(self) -> None:
        _listen()
        self._block = sys._getframe(1)
        self._token = _GUARD.set(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._token is not None:
            _GUARD.reset(self._token)
        self._block = None
        if self._stopped is not None and not isinstance(error, KeyboardInterrupt):
            raise self._stopped from None

    def check(
        self, what: Callable[[], str], frame: FrameType | None, stop: type[_StopTrial] = _StopTrial
    ) -> None:
        """Stop the code that is about to do something, if it is the block's.

        Parameters
        ----------
        what
            Says what it does.
        frame
            Where it does that.
        stop
            What is raised there.
        """
        inner: FrameType | None = None
        outer: FrameType | None = None
        while frame is not self._block or frame is None:
            # The code of a block that has ended may go on in a task.
            if frame is None or str(frame.f_globals.get("__name__")).startswith("nbmigrate.database."):
                return
            if frame.f_code.co_filename == self._filename:
                inner, outer = inner or frame, frame
            frame = frame.f_back
        if self._stopped is None:
            self._stopped = _error(what(), inner, outer)
            self._on_stop(self._stopped)
        raise stop


_GUARD: ContextVar[TrialGuard | None] = ContextVar("trial_guard", default=None)


def _error(what: str, inner: FrameType | None, outer: FrameType | None) -> TrialStoppedError:
    """Return what says in a sentence what a revision was about to do; the frames are those of its file."""
    end = "it was not tried out further."
    if inner is None or outer is None:
        return TrialStoppedError(f"It {what}: {end}")
    if not outer.f_code.co_name.isidentifier():
        return TrialStoppedError(f"Line {inner.f_lineno} {what}: {end}")
    message = f"{outer.f_code.co_name}() {what} in line {inner.f_lineno}: {end}"
    return TrialStoppedError(message, statement=outer.f_lineno)


@cache
def _listen() -> None:
    """Begin to hear what this process does; that never ends, so it costs a look at a variable for each event."""
    sys.addaudithook(_hear)
    sa.event.listen(sa.Engine, "do_connect", _connecting)


# The variable as an argument: at the end of the process modules have lost their names.
def _hear(event: str, arguments: tuple[Any, ...], get: Callable[[], TrialGuard | None] = _GUARD.get) -> None:
    guard = get()
    if guard is None or not (event == "open" or event in _WORDS):
        return
    frame = sys._getframe(1)
    if _is_harmless(event, arguments) or frame.f_code.co_filename.startswith("<frozen importlib"):
        return
    stop = _NoThreadError if event.startswith("_thread.") else _StopTrial
    guard.check(lambda: _words(event, arguments), frame, stop)


def _connecting(dialect: sa.Dialect, record: Any, arguments: Any, options: dict[str, Any]) -> None:
    """Hear of a connection whose driver is written in C: it raises no event of Python's."""
    del record
    guard = _GUARD.get()
    if guard is not None and not any(":memory:" in str(value) for value in (*arguments, *options.values())):
        guard.check(lambda: f"connects to another database ({dialect.name})", sys._getframe(1))


def _is_harmless(event: str, arguments: tuple[Any, ...]) -> bool:
    """Whether nothing is changed outside of this process."""
    if event == "open":
        path, mode, flags = arguments
        # A number is a file that is open already.
        return (
            isinstance(path, int)
            or path == os.devnull
            or not (flags & _WRITES or (isinstance(mode, str) and set("wax+") & set(mode)))
        )
    if event == "sqlite3.connect":
        database = os.fsdecode(arguments[0])
        return not database or any(part in database for part in (":memory:", "mode=memory", "mode=ro"))
    return False


def _words(event: str, arguments: tuple[Any, ...]) -> str:
    if event == "open":
        return f"opens the file {_shown(arguments[0])} for writing"
    if event == "subprocess.Popen" and not arguments[0]:
        return f"starts the program {_shown(arguments[1])}"
    return _WORDS[event].format(*map(_shown, arguments))


def _shown(value: Any) -> str:
    """Return an argument as a person writes it, without a password."""
    if isinstance(value, list) or (isinstance(value, tuple) and not value):
        value = value[0] if value else ""
    if isinstance(value, tuple):
        return ":".join(str(part) for part in value[:2])
    if isinstance(value, bytes | os.PathLike):
        value = os.fsdecode(value)
    if not isinstance(value, str):
        return str(value)
    text = mask_url(value)
    return repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...")
