"""`%migrate` and `%%migrate`: the words of the command, in a cell."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from IPython.display import display
from traitlets import Bool, Enum, Unicode

from nbmigrate.commands.explore import ExploreResult
from nbmigrate.commands.open import OpenResult
from nbmigrate.commands.parser import build, parse
from nbmigrate.commands.tables import TableResult
from nbmigrate.commands.traceback_text import traceback_text
from nbmigrate.commands.words import Call
from nbmigrate.errors import MigrateError
from nbmigrate.notebook.completion import Completion
from nbmigrate.notebook.layout import ENGINES
from nbmigrate.notebook.line import explain, is_silenced, split, with_variables
from nbmigrate.notebook.progress import Progress
from nbmigrate.notebook.session import Session
from nbmigrate.notebook.value_use import ValueUse, value_use

if TYPE_CHECKING:
    from nbmigrate.notebook.explorer import Explorer


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
        self.session = Session(lambda: self.clock, lambda: self.revision_ids)
        self.completion = Completion(self.session)

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
            result = self._run(with_variables(words, variables, self._revisions), cell)
        except MigrateError as error:
            explain(error, words, variables)
            if not self.short_errors or "--raiseerr" in words:
                error.traceback_text = traceback_text(error)
            raise
        # What people do next with a table is pandas, so its value is the frame itself.
        value = result.to_frame() if isinstance(result, TableResult) else result
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

    def _run(self, words: list[str], cell: str | None) -> Any:
        parsed = parse(words, prog="%migrate")
        # Where the clock stands still, what is shown does not depend on how long a run takes.
        with Progress(in_page=hasattr(self.shell, "kernel") and not self.clock) as progress:
            # An empty line stands for the cell's first, so that errors name the lines as the cell shows them.
            body = None if cell is None else f"\n{cell}"
            try:
                result = parsed(Call(self.session.open, body=body, listener=progress))
            except MigrateError as error:
                if error.result is not None and not parsed.options.quiet:
                    display(error.result)  # type: ignore[no-untyped-call]
                raise
            finally:
                # Whatever the command did, the panels that are open show the database as it is now.
                self.session.notify()
        if isinstance(result, OpenResult):
            config = result.project.config
            is_folder = parsed.options.config is not None and Path(parsed.options.config).is_dir()
            self.session.remember(config.directory if is_folder else config.file, result.project.app)
        if isinstance(result, ExploreResult):
            return self._explorer(result)
        return None if getattr(parsed.options, "quiet", False) else result

    def _revisions(self) -> set[str]:
        """Return the ids and branch labels of the project, if there is one."""
        try:
            graph = self.session.open().graph
        except MigrateError:
            return set()
        return {name for revision in graph for name in (revision.id, *revision.branch_labels)}

    def _explorer(self, asked: ExploreResult) -> "Explorer":
        # The widgets are loaded when the first panel is opened, not with the extension.
        from nbmigrate.notebook.explorer import Explorer

        return Explorer(self.session.model(asked.project), read_only=asked.read_only)


#: What `%migrate?` shows is what `%migrate --help` shows.
MigrateMagics.migrate.__doc__ = build("%migrate")[0].format_help().rstrip()
