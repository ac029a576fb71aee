"""Running an asynchronous env.py where an event loop is running already, as in a notebook's cell."""

import sys
import threading
from collections.abc import Callable
from contextvars import copy_context


def loop_is_running() -> bool:
    """Whether `asyncio.run()` would fail in this thread."""
    # Who has not imported asyncio has no loop, and need not wait for it to be imported.
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and asyncio._get_running_loop() is not None


def in_own_thread(function: Callable[[], None]) -> None:
    """Call a function in a thread of its own, which knows what this one knows, and wait for it.

    There it may have an event loop of its own. An interrupt of this thread is handed on, and takes effect when the
    statement that is running there is done.
    """
    raised: list[BaseException] = []
    # Not Thread.join(): an interrupt in it lets Python take the thread for one that has ended.
    done = threading.Event()
    context = copy_context()

    def call() -> None:
        try:
            context.run(function)
        except BaseException as error:
            raised.append(error)
        finally:
            done.set()

    thread = threading.Thread(target=call, name="nbmigrate-env-py")
    thread.start()
    while not done.is_set():
        try:
            # With a limit, since an interrupt is not seen during a wait without one on every platform.
            done.wait(1.0)
        except KeyboardInterrupt:
            interrupt(thread)
    thread.join()
    if raised:
        raise raised[0]


def interrupt(thread: threading.Thread, kind: type[KeyboardInterrupt] = KeyboardInterrupt) -> None:
    """Let KeyboardInterrupt, or a kind of it, be raised in another thread, at its next step in Python."""
    import ctypes

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(kind))
