"""What a command says of its run once it is done: that it waited, and for whom; that it tried again, or went on."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbmigrate.database.events import Event, Listener, RunReport


@dataclass(slots=True)
class LockNotes:
    """A listener that passes everything on, and keeps what is to be said of the run.

    Parameters
    ----------
    listener
        Whom the events are passed on to.
    notes
        What is to be said, in sentences.
    """

    listener: "Listener | None"
    notes: list[str] = field(default_factory=list)
    #: The run that failed, as far as it came.
    failed: "RunReport | None" = field(default=None, init=False)
    _kinds: tuple[type, ...] = field(default=(), init=False, repr=False)

    def __call__(self, event: "Event") -> None:
        """Take an event."""
        if not self._kinds:
            # Not at the top: a command that runs nothing does without the events.
            from nbmigrate.database.events import (
                LockTaken,
                LockWarning,
                RecordingLimited,
                RunFailed,
                StepResumed,
                StepRetried,
            )

            self._kinds = (LockTaken, LockWarning, RecordingLimited, RunFailed, StepResumed, StepRetried)
        if isinstance(event, self._kinds):
            self._note(event)
        if self.listener is not None:
            self.listener(event)

    def _note(self, event: "Event") -> None:
        from nbmigrate.database.events import (
            LockTaken,
            LockWarning,
            RecordingLimited,
            RunFailed,
            StepResumed,
            StepRetried,
        )

        if isinstance(event, RunFailed):
            self.failed = event.report
        elif isinstance(event, LockTaken):
            by = f": {event.holder}" if event.holder else ""
            self.notes.append(f"Waited {event.seconds:.1f} s for another run on this database{by}.")
        elif isinstance(event, LockWarning | RecordingLimited):
            self.notes.append(event.text)
        elif isinstance(event, StepRetried | StepResumed):
            self.notes.append(event.text())
