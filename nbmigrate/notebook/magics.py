"""`%migrate` and `%%migrate`: the words of the command, in a cell."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from IPython.display import display
from traitlets import Bool, Enum, Unicode

from nbmigrate.commands.database.explore import ExploreResult
from nbmigrate.commands.parser import build, parse
from nbmigrate.commands.parser.arguments import Call
from nbmigrate.commands.results import html
from nbmigrate.commands.results.result import Result
from nbmigrate.errors import MigrateError
from nbmigrate.notebook.completion import Completion
from nbmigrate.notebook.drawing.graphviz_layout import ENGINES
from nbmigrate.notebook.engines import find_engine
from nbmigrate.notebook.line import (
    ValueUse,
    check_no_body_below,
    explain,
    is_silenced,
    split,
    value_use,
    with_variables,
)
from nbmigrate.notebook.progress import Progress
from nbmigrate.notebook.state.session import Session
from nbmigrate.project import Project

if TYPE_CHECKING:
    from nbmigrate.environment.connectable import Connectable
    from nbmigrate.environment.migration_context import MigrationContext
    from nbmigrate.notebook.explorer.explorer import Explorer

#: The verbs that write to the database.
_WRITING = {"abandon", "downgrade", "ensure_version", "resume", "stamp", "upgrade"}


@magics_class
class MigrateMagics(Magics):
    """The magics, and what `%config MigrateMagics` sets."""

    short_errors = Bool(True, help="Show an error as its message; False shows the whole traceback.").tag(
        config=True
    )
    revision_ids = Enum(
        ["", "random", "sequential"],
        "",
        help="How new revisions are named: random hexadecimal digits, or 0001, 0002 ...; "
        "empty for what the configuration says.",
    ).tag(config=True)
    clock = Unicode(
        "",
        help="A date and time at which the clock stands still, so that a tutorial prints the same every time; "
        "empty for the machine's clock.",
    ).tag(config=True)
    layout = Enum(
        list(ENGINES),
        "auto",
        help="What lays the graph out: Graphviz where it is found (auto), or one column per branch (lanes).",
    ).tag(config=True)

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.session = Session(lambda: self.clock, lambda: self.revision_ids, self._warn_of_memory)
        self._may_warn = False
        self.completion = Completion(self.session, shell.user_ns)

    # A `{}` or `$x` in a message, a condition or a body means itself, so IPython must not expand it; a word that is
    # `{name}` and nothing else is expanded here.
    @no_var_expand
    @line_cell_magic
    def migrate(self, line: str, cell: str | None = None) -> Any:
        """Run a migration command."""
        words: list[str] = []
        variables = self.shell.user_ns if self.shell is not None else {}
        use = value_use()
        try:
            words = split(line)
            result = self._run(with_variables(words, variables, self._revisions), line, cell)
        except MigrateError as error:
            from nbmigrate.notebook.held_locks import explain_locked

            explain(error, words, variables)
            explain_locked(error, variables, self.session.project)
            if not self.short_errors or "--raiseerr" in words:
                from nbmigrate.commands.results.tracebacks import traceback_text

                error.traceback_text = traceback_text(error)
            raise
        value = result.to_value() if isinstance(result, Result) else result
        if use is ValueUse.KEPT:
            return value
        if is_silenced(line, cell):
            return None
        if use is ValueUse.DROPPED and value is not None and self._shows_values:
            display(value)  # type: ignore[no-untyped-call]
        return value

    @property
    def _shows_values(self) -> bool:
        """Whether the shell shows what a cell does not keep; not where it is set to show no values at all."""
        return getattr(self.shell, "ast_node_interactivity", "") != "none"

    def _run(self, words: list[str], line: str, cell: str | None) -> Any:
        parsed, self._may_warn = parse(words, prog="%migrate"), True
        if cell is None and self.shell is not None:
            check_no_body_below(parsed, line, self.shell.user_ns)
        # Where the clock stands still, what is shown does not depend on how long a run takes.
        with Progress(in_page=hasattr(self.shell, "kernel") and not self.clock) as progress:
            # An empty line stands for the cell's first, so that errors name the lines as the cell shows them.
            body = None if cell is None else f"\n{cell}"
            try:
                result = parsed(Call(self.session.open, body, progress, self._find_engine, once=True))
            except MigrateError as error:
                if error.result is not None and not parsed.options.quiet:
                    display(error.result)  # type: ignore[no-untyped-call]
                raise
            finally:
                self._may_warn = False
                # Whatever the command did, the panels that are open show the database as it is now.
                self.session.notify()
        if parsed.verb in _WRITING and not getattr(parsed.options, "sql", False):
            result = _with_pending(result, self.session.project)
        if parsed.verb in ("init", "open"):
            self._remember(getattr(parsed.options, "config", None), result)
        if isinstance(result, ExploreResult):
            return self._explorer(result)
        return None if getattr(parsed.options, "quiet", False) else result

    def _remember(self, named: str | None, result: Result) -> None:
        """Work on the project that was opened, and on the engine that was given, from now on."""
        from nbmigrate.commands.project.init import InitResult
        from nbmigrate.commands.project.open import OpenResult

        if isinstance(result, OpenResult):
            config = result.project.config
            is_folder = named is not None and Path(named).is_dir()
            self.session.remember(config.directory if is_folder else config.file, result.project.app)
            self.session.use(config, result.engine)
        elif isinstance(result, InitResult) and result.engine is not None:
            self.session.use(Project.open(result.ini).config, result.engine)

    def _revisions(self) -> set[str]:
        """Return the ids and branch labels of the project, if there is one."""
        try:
            graph = self.session.open().graph
        except MigrateError:
            return set()
        return {name for revision in graph for name in (revision.id, *revision.branch_labels)}

    def _find_engine(self, name: str) -> "Connectable":
        return find_engine(name, self.shell.user_ns if self.shell is not None else {})

    def _warn_of_memory(self, context: "MigrationContext") -> None:
        """Say, once in a cell and before it is done, that nothing will stay."""
        if not self._may_warn:
            return
        from nbmigrate.environment.connectable import HOW_TO_TAKE

        self._may_warn = False
        note = (
            f"env.py connects to {context.url} by itself: that database is gone when this command ends. The notebook "
            f"keeps one in memory. {HOW_TO_TAKE}"
        )
        shown = {"text/plain": note, "text/html": html.page("", [note])}
        display(shown, raw=True)  # type: ignore[no-untyped-call]

    def _explorer(self, result: ExploreResult) -> "Explorer":
        # The widgets are loaded when the first panel is opened, not with the extension.
        from nbmigrate.notebook.explorer.explorer import Explorer

        return Explorer(self.session.model(result.project), read_only=result.read_only, no_run=result.no_run)


def _with_pending(result: Result, project: Project | None) -> Result:
    """Return a result with a note where what was done is in a transaction that is the notebook's to commit."""
    used = project.connectable if project is not None else None
    if used is None or not used.is_pending or not result.rows():
        return result
    note = (
        f"This is in the transaction that is open on `{used.name}`, and not committed: `{used.name}.commit()` keeps "
        f"it, `{used.name}.rollback()` undoes it."
    )
    return replace(result, notes=(*result.notes, note))


#: What `%migrate?` shows is what `%migrate --help` shows.
MigrateMagics.migrate.__doc__ = build("%migrate", ())[0].format_help().rstrip()
