"""What a command says of the lock once it is done: that it waited, and for whom."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbmigrate.database.events import Event, Listener


@dataclass(slots=True)
class LockNotes:
    """A listener that passes everything on, and keeps what is to be said of the lock.

    Parameters
    ----------
    listener
        Whom the events are passed on to.
    notes
        What is to be said, in sentences.
    """

    listener: "Listener | None"
    notes: list[str] = field(default_factory=list)

    def __call__(self, event: "Event") -> None:
        """Take an event."""
        from nbmigrate.database.events import LockTaken, LockWarning

        if isinstance(event, LockTaken):
            by = f": {event.holder}" if event.holder else ""
            self.notes.append(f"Waited {event.seconds:.1f} s for another run on this database{by}.")
        elif isinstance(event, LockWarning):
            self.notes.append(event.text)
        if self.listener is not None:
            self.listener(event)
