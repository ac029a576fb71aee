"""The source of the selected revision: to read, and while it is not applied to change."""

from collections.abc import Callable
from html import escape

from ipywidgets import HTML, Layout, Textarea, VBox

from nbmigrate.commands.history.position import current_heads
from nbmigrate.commands.results import html
from nbmigrate.errors import MigrateError, RevisionAppliedError, ScriptError
from nbmigrate.graph.revision import Revision
from nbmigrate.notebook.explorer.buttons import INTERRUPTED, ButtonRow, button
from nbmigrate.notebook.state.model import Model
from nbmigrate.project import Project
from nbmigrate.scripts.reading.headers import shown
from nbmigrate.scripts.writing.placement import header_end


class SourcePanel:
    """Shows a file, and opens it for editing.

    Parameters
    ----------
    model
        The project.
    widget
        What it is shown in.
    read_only
        Whether there is nothing to edit.
    failed
        Told of an error, or of None when one that was shown is over.
    """

    def __init__(
        self,
        model: Model,
        widget: VBox,
        *,
        read_only: bool,
        failed: Callable[[BaseException | None], None],
    ) -> None:
        self._model = model
        self._read_only = read_only
        self._failed = failed
        self._selected = ""
        self._revision: Revision | None = None
        #: The text that is being edited, as it was in the file; None while nothing is edited.
        self._opened: str | None = None
        self._code = HTML()
        self._row = ButtonRow("Edit the source", styled=False)
        self._row.on_press(self.press)
        # It is in the panel only while something is edited.
        self.text = Textarea(description="Source", layout=Layout(width="100%"), continuous_update=False)
        self.text.add_class("nbm-labelled")
        self.widget = widget
        self.widget.children = (self._row, self._code)
        self.widget.add_class("nbm-panel")

    @property
    def editing(self) -> bool:
        """Whether a file is open for editing."""
        return self._opened is not None

    def draw(self, selected: str) -> None:
        """Show the file of a revision, "" for none; one that is being edited stays until it is saved or not."""
        self._selected = selected
        if self.editing:
            return
        graph = self._model.graph
        self._revision = None
        if selected in graph:
            self._revision = graph[selected]
        self._show()

    def press(self, name: str) -> None:
        """Do what a button does: edit, save, cancel."""
        try:
            if name == "edit" and self._why_not() == "":
                self._open()
            elif name == "cancel":
                self._close()
            elif name == "save" and self._opened is not None and self._revision is not None:
                save(self._model.project, self._revision, self._opened, self.text.value)
                self._close()
                self._failed(None)
                self._model.refresh(forget=True)
        except Exception as error:
            self._failed(error)

    def interrupted(self, number: int) -> None:
        """Let a press that has waited do nothing after an interrupt of the kernel, the `number`-th."""
        self._row.outdated, self._row.token = INTERRUPTED, str(number)

    def _open(self) -> None:
        if self._revision is None:
            return
        self._opened = self._model.project.scripts.source(self._revision)
        self.text.value = self._opened
        self.text.rows = min(max(self._opened.count("\n") + 2, 12), 40)
        self._row.buttons = [
            button(
                "save", "Save", "Write the file, if the revisions stay valid with it.", kind="nbm-primary"
            ),
            button("cancel", "Cancel", "Leave the file as it is."),
        ]
        self._row.status = f"Editing {self._revision.id}: {_path(self._revision)}"
        self.widget.children = (self._row, self.text)

    def _close(self) -> None:
        self._opened = None
        self.draw(self._selected)

    def _show(self) -> None:
        why = self._why_not()
        self._row.buttons = (
            []
            if self._read_only
            else [button("edit", "Edit", why or "Change this file, here.", enabled=not why)]
        )
        self._row.status = _path(self._revision) if self._revision is not None else ""
        self._code.value = self._page()
        self.widget.children = (self._row, self._code)

    def _page(self) -> str:
        if self._revision is None:
            return '<div class="nbm nbm-soft">Select a revision.</div>'
        try:
            code = source_html(self._model.project.scripts.source(self._revision))
        except ScriptError as error:
            return f'<div class="nbm"><div class="nbm-note">{escape(str(error))}</div></div>'
        return f'<div class="nbm nbm-scroll" tabindex="0" role="group" aria-label="Source">{code}</div>'

    def _why_not(self) -> str:
        """Return why the file cannot be edited; empty if it can."""
        if self._read_only or self._revision is None:
            return "There is nothing to edit."
        if self._model.heads is None:
            return "It is unknown whether it is applied, so its file stays as it is."
        if self._is_applied(self._revision):
            return "It is applied to the database, so its file stays as it is. Step below it first."
        return ""

    def _is_applied(self, revision: Revision) -> bool:
        return revision.id in (self._model.marks.applied or ())


def source_html(text: str) -> str:
    """Return a revision file: what a cell wrote is shown, and what stands above it, up to its header, folded."""
    try:
        end = header_end(text)
    except MigrateError:
        # A file that is not as usual is shown whole.
        end = 0
    head, body = text[:end], text[end:].lstrip("\r\n")
    if not head or not body:
        return html.code(text, "python")
    title = f"The head of the file: {len(head.splitlines())} lines"
    return html.code(body, "python") + html.details(title, html.code(head, "python"))


def _path(revision: Revision) -> str:
    return shown(revision.path) if revision.path is not None else ""


def save(project: Project, revision: Revision, before: str, text: str) -> None:
    """Write a revision file that was edited.

    Parameters
    ----------
    before
        What was in it when the editing began.
    text
        What is to be in it.

    Raises
    ------
    RevisionAppliedError
        It is applied by now.
    ScriptError
        Somebody else has changed the file meanwhile, or it cannot be written.
    GraphError
        With this text the revisions would not be valid; nothing is written.
    """
    if "\r\n" in before:
        # A page knows only one way to end a line.
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    if text == before:
        return
    graph = project.graph
    if revision.id in graph.ancestors(head for head in current_heads(project) if head in graph):
        raise RevisionAppliedError(
            f"Revision {revision.id} is applied to the database, so its file stays as it is.",
            "Step below it first.",
            path=revision.path,
        )
    if revision.path is None or project.scripts.source(revision) != before:
        raise ScriptError(
            f"The file of {revision.id} was changed elsewhere while it was edited here. Nothing was written.",
            "Copy your text, cancel, and edit it again.",
            path=revision.path,
        )
    project.scripts.write(revision.path, text, replaces=revision.path)
