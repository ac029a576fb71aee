"""The graph as text and as SVG."""
