"""`list_templates`: what `init` can start a project from."""

from collections.abc import Mapping
from dataclasses import dataclass

from nbmigrate.commands.results.result import Result, Row
from nbmigrate.scripts.new_project.templates import TEMPLATES, Template


@dataclass(frozen=True, kw_only=True, repr=False)
class TemplatesResult(Result):
    """The templates: pairs of a name and what a project made from it is."""

    templates: tuple[tuple[str, str], ...]

    def rows(self) -> list[Row]:
        """Return one record per template."""
        return [{"template": name, "description": text} for name, text in self.templates]

    def to_text(self) -> str:
        """Return the templates as Alembic prints its own."""
        lines = [f"{name} - {text}" for name, text in self.templates]
        usage = "Templates are used via the 'init' command, e.g.:"
        return "\n".join(
            [
                "Available templates:",
                "",
                *lines,
                "",
                usage,
                "",
                "  nbmigrate init --template generic ./scripts",
            ]
        )


def list_templates(templates: Mapping[str, Template] = TEMPLATES) -> TemplatesResult:
    """Return the templates that `init --template` takes.

    Parameters
    ----------
    templates
        Those of a program; our own if not given.
    """
    return TemplatesResult(
        templates=tuple((name, template.description) for name, template in templates.items())
    )
