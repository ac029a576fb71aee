"""The application that an env.py wants to be current, as Flask-Migrate's does."""

import ast
import importlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbmigrate.environment.isolation.search_path import search_path
from nbmigrate.errors import ConfigError

#: How Flask says that there is no current application.
OUTSIDE = "outside of application context"
GIVE_ONE = (
    "Name the application it belongs to: open FOLDER --app package:create_app, or --app before the verb."
)


@dataclass(frozen=True, slots=True)
class Application:
    """Where an application is: "package.module:name"; the name of an object, or of a function that makes one.

    Parameters
    ----------
    spec
        What was given; a function may be given arguments, as in "shop:create_app('testing')".
    folders
        Where its module is looked for first.
    """

    spec: str
    folders: tuple[Path, ...] = ()

    @contextmanager
    def current(self) -> Iterator[None]:
        """Let it be the current application in the block.

        Raises
        ------
        ConfigError
            It is not there, or is no application.
        """
        with search_path(self.folders), self._context():
            yield

    def _context(self) -> Any:
        found = self._found()
        enter = getattr(found, "app_context", None)
        if enter is None:
            raise ConfigError(
                f"--app {self.spec} is {type(found).__name__}, and no application of Flask.",
                "Name an application, or a function that returns one.",
            )
        return enter()

    def _found(self) -> Any:
        module_name, colon, call = self.spec.partition(":")
        if not colon or not call:
            raise ConfigError(
                f"--app {self.spec} does not say which application.", "Write it as package.module:name."
            )
        name, arguments, keywords = _call_of(self.spec, call)
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
                raise
            raise ConfigError(
                f"--app {self.spec}: there is no module {error.name!r}.",
                f"Looked for in {', '.join(map(str, self.folders))} and among the installed packages.",
            ) from error
        if not hasattr(module, name):
            raise ConfigError(f"--app {self.spec}: {module_name} has no {name!r}.", "Write another name.")
        found = getattr(module, name)
        # An application of Flask is callable too.
        is_made = hasattr(found, "app_context") or not callable(found)
        return found if is_made else found(*arguments, **keywords)


def around(application: Application | None) -> Any:
    """Return the block in which env.py runs."""
    return application.current() if application is not None else nullcontext()


def _call_of(spec: str, text: str) -> tuple[str, list[Any], dict[str, Any]]:
    """Return the name of a function and the arguments that are written behind it."""
    try:
        node = ast.parse(text.strip(), mode="eval").body
        if isinstance(node, ast.Name):
            return node.id, [], {}
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            keywords = {item.arg: ast.literal_eval(item.value) for item in node.keywords if item.arg}
            return node.func.id, [ast.literal_eval(value) for value in node.args], keywords
    except (SyntaxError, ValueError):
        pass
    raise ConfigError(
        f"--app {spec}: {text!r} is neither a name nor a call.",
        "Write it as package.module:create_app('testing').",
    )
