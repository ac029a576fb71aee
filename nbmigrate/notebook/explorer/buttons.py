"""A row of buttons whose presses say which state they were drawn for, with a place for progress and a question."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anywidget
from traitlets import Bool, Dict, List, Unicode

#: What a press is answered that does nothing: why is one of these.
OUTDATED = "Nothing was done: that press was made for what was drawn before."
INTERRUPTED = "Nothing was done: the kernel was interrupted while that press waited."

_HERE = Path(__file__).parent


class ButtonRow(anywidget.AnyWidget):
    """Buttons, and what is said beside them.

    A press of ipywidgets' own button says nothing but that it was pressed, so that ten presses that waited for a busy
    kernel are ten steps. Here each brings the token that the page was drawn with, and one that is not today's is
    answered and does nothing.

    Parameters
    ----------
    label
        What the buttons are for, for screen readers.
    styled
        Whether it brings the style sheet; one in a page is enough.
    """

    _esm = (_HERE / "buttons.js").read_text(encoding="utf-8")
    _css = (_HERE / "explorer.css").read_text(encoding="utf-8")

    label = Unicode().tag(sync=True)
    #: What a press must bring to count.
    token = Unicode().tag(sync=True)
    #: Each with name, label, title, enabled; and `copies`, the selector of the text that it copies by itself.
    buttons = List(Dict()).tag(sync=True)
    status = Unicode().tag(sync=True)
    #: Said under it while there is no notice, so that the first notice moves nothing.
    aside = Unicode().tag(sync=True)
    busy = Bool(False).tag(sync=True)
    #: Empty, or number, total, text, and of the stop button: stop, title, and now, whether it stops at once.
    progress = Dict().tag(sync=True)
    #: Empty, or title, lines, yes, and whether it is about data that is lost: drops.
    question = Dict().tag(sync=True)
    notice = Unicode().tag(sync=True)

    def __init__(self, label: str, *, styled: bool = True) -> None:
        super().__init__(label=label, **({} if styled else {"_css": ""}))
        self._pressed: list[Callable[[str], None]] = []
        self._stopped: list[Callable[[bool], None]] = []
        #: How many places of how many pages show this; None before the first.
        self.views: int | None = None
        #: Why a press that brings another token does nothing.
        self.outdated = OUTDATED
        self._viewed: list[Callable[[], None]] = []
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        return f"ButtonRow({self.label!r})"

    def on_press(self, callback: Callable[[str], None]) -> None:
        """Call a function with the name of each button that is pressed, "yes" and "no" among them."""
        self._pressed.append(callback)

    def on_stop(self, callback: Callable[[bool], None]) -> None:
        """Call a function when the run is to be stopped, with whether the button that was pressed stops it at once."""
        self._stopped.append(callback)

    def on_view(self, callback: Callable[[], None]) -> None:
        """Call a function when another place shows this."""
        self._viewed.append(callback)

    def press(self, name: str, token: str | None = None, question: str | None = None) -> None:
        """Do what a press on the page does; `token`, and the title of the question, are today's if not given."""
        try:
            other = name == "yes" and question not in (None, self.question.get("title"))
            if token not in (None, self.token) or other:
                self.notice = self.outdated
                return
            for callback in self._pressed:
                callback(name)
        finally:
            self.send({"event": "answered"})

    def _receive(self, _: Any, content: Any, buffers: Sequence[Any]) -> None:
        del buffers
        if not isinstance(content, dict):
            return
        if content.get("event") == "press":
            # This goes out at once, however long it takes.
            self.send({"event": "taken"})
            self.press(str(content.get("name")), str(content.get("token")), content.get("question"))
        elif content.get("event") == "stop":
            for stop in self._stopped:
                stop(bool(content.get("now")))
        elif content.get("event") == "view":
            self.views = max((self.views or 0) + (1 if content.get("shown") else -1), 0)
            for callback in self._viewed if content.get("shown") else ():
                callback()


def button(
    name: str, label: str, title: str, *, enabled: bool = True, copies: str = "", kind: str = ""
) -> dict[str, Any]:
    """Return a button for `ButtonRow.buttons`.

    Parameters
    ----------
    name
        What a press is called; also its picture.
    title
        What it does, or why it can do nothing.
    copies
        The selector of the element, in the same panel, whose text the page copies when it is pressed.
    kind
        A class for its look.
    """
    return {
        "name": name,
        "label": label,
        "title": title,
        "enabled": enabled,
        "copies": copies,
        "kind": kind,
    }
