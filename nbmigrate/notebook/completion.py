"""Completion of `%migrate` lines: verbs, options, revisions with their messages, labels, tables."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from nbmigrate.commands.parser import build, summaries
from nbmigrate.errors import MigrateError
from nbmigrate.graph.drawing.marks import one_line
from nbmigrate.notebook.engines import engine_names, jupysql_connections
from nbmigrate.notebook.state.session import Session

_LINE = re.compile(r"%%?migrate[ \t]+(?P<words>[^\n]*)$")

#: What a verb's words name, and what may stand there besides revisions.
_STEPS = {
    "upgrade": ("head", "heads", "+1"),
    "downgrade": ("-1", "base"),
    "show": ("head", "current"),
    "edit": ("head", "current"),
    "delete": ("head",),
    "log": ("head", "current"),
    "merge": ("heads",),
    "rebase": (),
    "stamp": ("head", "heads", "base"),
}
_TABLES = ("table", "schema")
_NAMING_REVISIONS = {"--head": ("head", "base"), "--depends-on": (), "--onto": ("base",), "--from": ()}

#: What of a message is shown beside a revision.
_LONGEST = 40


class Completion:
    """Answers the Tab key for one session.

    Parameters
    ----------
    session
        The session.
    variables
        The notebook's variables by name.
    """

    def __init__(self, session: Session, variables: Mapping[str, Any]) -> None:
        self._session = session
        self._variables = variables

        @context_matcher(identifier="nbmigrate.completion")
        def matcher(context: CompletionContext) -> SimpleMatcherResult:
            return self._match(context)

        #: What goes into and out of the shell's list of matchers.
        self.matcher = matcher

    def _match(self, context: CompletionContext) -> SimpleMatcherResult:
        found = _LINE.search(context.line_with_cursor[: context.cursor_position])
        if found is None:
            return {"completions": [], "suppress": False}
        *before, fragment = re.split(r"[ \t]", found["words"])
        offered = list(self._candidates([word for word in before if word], fragment))
        fitting = [(text, kind) for text, kind in offered if text.startswith(fragment)]
        # Where nothing fits, what could stand here is shown: an empty answer would let Python's names in.
        completions = [SimpleCompletion(text, type=kind) for text, kind in fitting or offered]
        return {"completions": completions, "matched_fragment": fragment, "suppress": True, "ordered": True}

    def _candidates(self, before: list[str], fragment: str) -> Iterator[tuple[str, str]]:
        parser, verbs = build("%migrate")
        verb = parser.verb_among(before)
        if verb is None:
            yield from summaries().items()
            verb_parser = parser
        else:
            verb_parser = verbs.get(verb, parser)
            option = before[-1]
            yield from ((choice, "value") for choice in verb_parser.choices_of(option))
            if not fragment.startswith("--"):
                yield from self._names(verb, option)
        yield from ((option, "option") for option in verb_parser.option_strings())

    def _names(self, verb: str, option: str) -> Iterator[tuple[str, str]]:
        try:
            if option == "--engine":
                found = [*engine_names(self._variables), *jupysql_connections()]
                yield from ((name, "engine") for name in found)
            elif verb in _STEPS or option in _NAMING_REVISIONS:
                steps = _NAMING_REVISIONS[option] if option in _NAMING_REVISIONS else _STEPS[verb]
                yield from ((step, "step") for step in steps)
                graph = self._session.open().graph
                # The menu gives all lines the width of the longest.
                yield from (
                    (revision.id, one_line(revision.message, _LONGEST) or "revision") for revision in graph
                )
                yield from ((label, "branch label") for revision in graph for label in revision.branch_labels)
            elif verb in _TABLES:
                from nbmigrate.database.tables.rows import table_names

                project = self._session.open()
                names = project.connect(lambda context: table_names(context.connection))
                yield from ((name, "table") for name in names)
        except MigrateError:
            # Tab in a folder without a project, or with no database, offers what is left: it never fails.
            return
