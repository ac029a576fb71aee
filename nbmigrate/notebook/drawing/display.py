"""How a notebook shows a graph: Graphviz's layout where there is one, our own everywhere else."""

from nbmigrate.commands.history.graph import GraphResult
from nbmigrate.commands.results import html
from nbmigrate.commands.results.result import relative
from nbmigrate.notebook.drawing.graphviz_layout import layout


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
