"""Running again what did not get a lock in time."""

import random
import time

from nbmigrate.database.backends.timeouts import Limits
from nbmigrate.database.errors import code_of
from nbmigrate.database.events import Listener, StepRetried
from nbmigrate.database.execution.failure import chain
from nbmigrate.graph.plan import Step

#: PostgreSQL's lock_not_available: lock_timeout was over, or NOWAIT.
LOCK_NOT_AVAILABLE = "55P03"
#: Its query_canceled: statement_timeout was over, or somebody asked for it.
QUERY_CANCELED = "57014"
#: Seconds before the first further try, and the most before any.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 8.0


class Retries:
    """The further tries that one transaction has.

    Parameters
    ----------
    limit
        How many there are.
    listener
        Is told of each.
    """

    def __init__(self, limit: int, listener: Listener | None) -> None:
        self._limit = limit
        self._listener = listener
        #: How many were made.
        self.made = 0

    def wait(self, step: Step, error: BaseException) -> bool:
        """Wait for the next try, and return whether there is one: for an error that a lock not obtained is behind."""
        if self.made >= self._limit or not is_lock_refused(error):
            return False
        pause = min(_FIRST_PAUSE * 2**self.made, _LONGEST_PAUSE)
        # Two runs that were in each other's way must not be so again at the same moment.
        pause *= random.uniform(0.5, 1.0)  # noqa: S311
        self.made += 1
        if self._listener is not None:
            self._listener(StepRetried(step, self.made, self._limit, pause))
        time.sleep(pause)
        return True


def advice_on(error: BaseException, limits: Limits, tries: int) -> str:
    """Return which setting stopped a statement; empty where none did."""
    if is_lock_refused(error):
        times = f" It was tried {tries} times." if tries > 1 else ""
        limit = f"postgresql_lock_timeout = {limits.lock_timeout}" if limits.lock_timeout else "its limit"
        return f"Another connection did not release the table within {limit}.{times}"
    # The server says the same of a statement that somebody cancelled.
    if limits.statement_timeout and _has_code(error, QUERY_CANCELED) and "user request" not in str(error):
        return f"It took longer than postgresql_statement_timeout = {limits.statement_timeout} allows."
    return ""


def is_lock_refused(error: BaseException) -> bool:
    """Whether PostgreSQL did not give a lock in time."""
    return _has_code(error, LOCK_NOT_AVAILABLE)


def _has_code(error: BaseException, code: str) -> bool:
    return any(code_of(getattr(link, "orig", None) or link) == code for link in chain(error))
