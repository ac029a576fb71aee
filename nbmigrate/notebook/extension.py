"""What `%load_ext nbmigrate` puts into a shell, and `%unload_ext nbmigrate` takes out."""

from typing import TYPE_CHECKING, Any

from IPython.core.interactiveshell import InteractiveShell

from nbmigrate.commands.history.graph import GraphResult
from nbmigrate.commands.results import html
from nbmigrate.commands.results.result import relative
from nbmigrate.notebook.drawing.graphviz_layout import layout
from nbmigrate.notebook.magics import MigrateMagics

if TYPE_CHECKING:
    from nbmigrate.commands.history.graph import GraphResult


#: The type that is drawn, by its name: it is loaded with the first graph.
_GRAPH = "nbmigrate.commands.history.graph.GraphResult"


def load(shell: InteractiveShell) -> None:
    """Register the magics, their completion and their drawings; loading twice changes nothing."""
    if _loaded(shell) is not None:
        return
    magics = MigrateMagics(shell)
    shell.register_magics(magics)
    shell.Completer.custom_matchers.append(magics.completion.matcher)

    def bundle(result: "GraphResult", include: Any = None, exclude: Any = None) -> dict[str, str]:

        return graph_bundle(result, magics.layout)

    _displays(shell).for_type(_GRAPH, bundle)


def unload(shell: InteractiveShell) -> None:
    """Take out what `load` put in."""
    magics = _loaded(shell)
    if magics is None:
        return
    configurables: list[Any] = shell.configurables
    configurables.remove(magics)
    shell.Completer.custom_matchers.remove(magics.completion.matcher)
    _displays(shell).pop(_GRAPH)
    shell.magics_manager.registry.pop(MigrateMagics.__name__)
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("migrate")


def _displays(shell: Any) -> Any:
    """Return where a shell keeps how objects of a type are shown."""
    return shell.display_formatter.mimebundle_formatter


def _loaded(shell: InteractiveShell) -> MigrateMagics | None:
    return next((found for found in shell.configurables if isinstance(found, MigrateMagics)), None)


def graph_bundle(result: GraphResult, engine: str) -> dict[str, str]:
    """Return a graph for display.

    Parameters
    ----------
    result
        The graph and what is applied.
    engine
        What lays it out: "auto", "dot", "pygraphviz" or "lanes".
    """
    bundle = result._repr_mimebundle_()
    if not result.entries:
        return bundle
    svg = result.to_svg(layout(result.drawn, engine))
    # The drawing stands in the html alone: nbconvert makes a PDF of an image/svg+xml by Inkscape, or not at all.
    page = html.page(html.drawing(svg, result.to_text()), result.notes)
    return {**bundle, "text/html": relative(page)}
