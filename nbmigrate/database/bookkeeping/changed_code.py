"""Applied revisions whose files say something else today than when they ran."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from nbmigrate.config import mask_url
from nbmigrate.database.bookkeeping.run_log import RunLog
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision
from nbmigrate.scripts.reading.code_hash import code_in, content_hash

#: Characters of a line that are shown: a revision may hold a file's worth of data in one.
_WIDTH = 500


@dataclass(frozen=True, slots=True)
class ChangedCode:
    """A revision whose code is not what ran.

    Parameters
    ----------
    revision
        The revision, as its file is now.
    at
        When it ran, in UTC.
    before, after
        The code as it ran and as it is, in one style: see `scripts.reading.code_hash`.
    """

    revision: Revision
    at: datetime
    before: str
    after: str

    @property
    def title(self) -> str:
        """What has happened, in a sentence."""
        return f"Revision {self.revision.id} was changed after it ran on {self.at:%Y-%m-%d %H:%M:%S} UTC."

    @property
    def diff(self) -> str:
        """The difference as `diff -u` shows it, without secrets."""
        name = self.revision.path.name if self.revision.path is not None else self.revision.id
        lines = difflib.unified_diff(
            self.before.splitlines(),
            self.after.splitlines(),
            f"{name}, as it ran",
            f"{name}, as it is",
            lineterm="",
        )
        return "\n".join(map(_shown, lines))


def _shown(line: str) -> str:
    if len(line) <= _WIDTH:
        return mask_url(line)
    # A url that is cut in two would keep a piece of its password.
    start = line[:_WIDTH]
    return mask_url(start.rpartition("://")[0] or start) + " ..."


def changed_code(log: RunLog, graph: RevisionGraph, heads: Iterable[str]) -> tuple[ChangedCode, ...]:
    """Return the applied revisions whose code is not what ran, the first that ran first.

    A file is compared by its content before it is parsed, so that what nobody has touched is only read.

    Parameters
    ----------
    log
        The table of runs; it must exist. What it does not know is not looked at.
    graph
        The revisions as their files are now.
    heads
        Where the database stands.
    """
    ran = log.last_done()
    found = {}
    for id_ in graph.ancestors(head for head in heads if head in graph):
        if id_ not in ran or not ran[id_][1]:
            continue
        number, code_hash, recorded_hash = ran[id_]
        content = log.read(graph[id_])
        if content is None or content_hash(content) == recorded_hash:
            continue
        code = code_in(content)
        if code is not None and code.hash != code_hash:
            found[number] = graph[id_], code.text
    return tuple(
        ChangedCode(found[number][0], at, before, found[number][1])
        for number, (at, before) in sorted(log.codes(found).items())
    )
