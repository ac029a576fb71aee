"""A bar for runs that take long; a run that is done at once shows none."""

import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbmigrate.database.events import Event

#: Seconds before the bar appears: what is faster is over before it is read.
PATIENCE = 0.5


class Progress:
    """Listens to a run and shows how far it is; takes its bar away when the run is over.

    Parameters
    ----------
    in_page
        Whether there is a page to show a bar in; a terminal would print what the bar is called.
    """

    def __init__(self, *, in_page: bool) -> None:
        self._in_page = in_page
        self._started = time.monotonic()
        self._total = self._done = 0
        self._current = ""
        self._bar: Any = None
        self._place: Any = None

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
        # An interrupt may have come between the bar and its place.
        if self._place is not None:
            # A closed widget is stored as one that cannot be shown; nothing is stored in its place.
            self._place.update({"text/plain": ""}, raw=True)

    def __call__(self, event: "Event") -> None:
        """Take an event of the run."""
        from nbmigrate.database.events import LockTaken, LockWaiting, StepDone, StepStarted

        if isinstance(event, StepStarted):
            self._total, self._done = event.total, event.number - 1
            self._current = f"{event.number} of {event.total}: {event.step.revision.id}"
        elif isinstance(event, StepDone):
            self._done += 1
        elif isinstance(event, LockWaiting):
            self._total, self._done = max(int(event.timeout), 1), int(event.seconds)
            self._current = event.text()
        elif isinstance(event, LockTaken):
            self._total = self._done = 0
        if self._in_page and self._total and time.monotonic() - self._started >= PATIENCE:
            self._show()

    def _show(self) -> None:
        if self._bar is None:
            from IPython.display import display
            from ipywidgets import IntProgress

            self._bar = IntProgress(max=self._total, style={"description_width": "initial"})
            self._place = display(self._bar, display_id=True)  # type: ignore[no-untyped-call]
        with self._bar.hold_sync():
            self._bar.max = self._total
            self._bar.value, self._bar.description = self._done, self._current
