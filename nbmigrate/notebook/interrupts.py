"""The interrupts of a kernel: they end a run of the panel, and what waited in the queue is not begun after them."""

import asyncio
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Protocol
from weakref import WeakSet

from nbmigrate.environment.isolation.event_loop import interrupt

#: Seconds that Python code has to end by itself, before the statement that it waits for is cancelled.
_PYTHON = 0.2


class InterruptibleRun:
    """A run in a thread, as a `with` block there; another thread may end it, and the statement that it has sent."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._cancel: Callable[[], object] = lambda: None
        self._is_interrupted = False
        self._raised = threading.Event()

    def __enter__(self) -> "InterruptibleRun":
        self._thread = threading.current_thread()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._thread = None
        if self._is_interrupted and kind is None:
            # It is raised here, where it is caught, and not after the block.
            self._raised.wait(_PYTHON)

    def cancels_with(self, cancel: Callable[[], object]) -> None:
        """Take what ends the statement that is running; it is called in another thread than that of the run."""
        self._cancel = cancel

    def interrupt(self) -> None:
        """End the run as an interrupt of its thread would; returns at once, and does nothing before or after it."""
        threading.Thread(target=self._interrupt, name="nbmigrate interrupt", daemon=True).start()

    def _interrupt(self) -> None:
        raised = self._raised

        class Interrupt(KeyboardInterrupt):
            def __init__(self, *arguments: object) -> None:
                super().__init__(*arguments)
                raised.set()

        with self._lock:
            if self._thread is None or self._is_interrupted:
                return
            self._is_interrupted = True
            interrupt(self._thread, Interrupt)
        # A thread that waits for the database does not see it before the statement has ended.
        if not raised.wait(_PYTHON):
            with suppress(Exception):
                self._cancel()


class Interruptible(Protocol):
    """Something whose runs an interrupt ends: a model."""

    @property
    def busy(self) -> bool:
        """Whether a run is going on."""
        ...

    def note_interrupt(self) -> None:
        """Take note of an interrupt, in a signal handler."""
        ...

    def show_interrupt(self) -> None:
        """Let the widgets see the interrupts that were noted."""
        ...


class Interrupts:
    """Notices the interrupts of a kernel, for models whose presses may be waiting in its queue.

    ipykernel lets an interrupt raise in what it is handling, passes over it while it is idle, and then goes on with
    the messages of widgets that have waited. A signal handler changes no widget: that is done after the cell, or by
    the loop.
    """

    def __init__(self) -> None:
        self._models: WeakSet[Interruptible] = WeakSet()
        self._before: list[Any] = []
        self._idle: Any = None
        #: That of the main thread, where alone signals are handled; the messages of widgets may come in others.
        self._loop: asyncio.AbstractEventLoop | None = None

    def add(self, model: Interruptible) -> None:
        """Let a model hear of interrupts, as long as somebody holds it."""
        self._models.add(model)
        if threading.current_thread() is threading.main_thread():
            with suppress(RuntimeError):
                self._loop = asyncio.get_running_loop()

    def before_cell(self, *_: object) -> None:
        """Begin to listen; IPython calls this."""
        if threading.current_thread() is threading.main_thread():
            before = signal.getsignal(signal.SIGINT)
            self._before.append(before)
            signal.signal(signal.SIGINT, self._handler(before))

    def after_cell(self, *_: object) -> None:
        """Listen no more, and let the models show that there was an interrupt."""
        if self._before:
            signal.signal(signal.SIGINT, self._before.pop())
        self._show()
        if any(model.busy for model in tuple(self._models)):
            self.listen()

    def listen(self) -> None:
        """Listen while the kernel is idle too, from when what it is handling is done; from any thread."""
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._arm)

    def _arm(self) -> None:
        # The kernel puts back what was there when a message came, so this stays; where no step is made it does nothing.
        before = signal.getsignal(signal.SIGINT)
        if before is not self._idle:
            self._idle = self._handler(before)
            signal.signal(signal.SIGINT, self._idle)

    def _handler(self, before: Any) -> Callable[[int, FrameType | None], None]:
        def handle(number: int, frame: FrameType | None) -> None:
            for model in tuple(self._models):
                model.note_interrupt()
            # A cell shows it at its end.
            if self._loop is not None and not self._before:
                self._loop.call_soon_threadsafe(self._show)
            if callable(before):
                before(number, frame)

        return handle

    def _show(self) -> None:
        for model in tuple(self._models):
            model.show_interrupt()


def interrupts_of(shell: Any) -> Interrupts:
    """Return what notices the interrupts of a shell, None for no shell; each shell has one."""
    if shell is None:
        return Interrupts()
    for callback in shell.events.callbacks["pre_run_cell"]:
        owner = getattr(callback, "__self__", None)
        if isinstance(owner, Interrupts):
            return owner
    made = Interrupts()
    shell.events.register("pre_run_cell", made.before_cell)
    shell.events.register("post_run_cell", made.after_cell)
    return made
