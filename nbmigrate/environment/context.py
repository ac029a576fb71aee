"""`from nbmigrate import context`: the names that env.py uses, for the env.py that is running.

Each thread, and each project, has its own: what is looked up here is the `EnvironmentContext` of the run.
"""

from typing import Any

from nbmigrate.environment.active import running
from nbmigrate.environment.environment_context import EnvironmentContext
from nbmigrate.errors import ConfigError, UnsupportedOperationError, nearest

#: What Alembic has and a run does not, with the reason.
_NOT_HERE = {
    "get_impl": "it is an inner object of Alembic",
}


#: What `context` offers.
_NAMES = sorted(
    name
    for name in {*vars(EnvironmentContext), "config", "script"} - {"release", "run_env"}
    if not name.startswith("_")
)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _NOT_HERE:
        raise UnsupportedOperationError(f"context.{name} is not provided: {_NOT_HERE[name]}.")
    if name not in _NAMES:
        meant = nearest(name, _NAMES)
        raise AttributeError(f"context has no {name!r}" + (f"; did you mean {meant!r}?" if meant else "."))
    environment = running()
    if environment is None:
        raise ConfigError(
            f"context.{name} was used while no env.py was running.",
            "env.py is run by the commands that need the database, such as upgrade and current.",
        )
    return getattr(environment, name)


def __dir__() -> list[str]:
    return list(_NAMES)
