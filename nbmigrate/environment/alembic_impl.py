"""Alembic's way to say that it knows a dialect: a class in env.py, which has a meaning here for its name alone."""

from nbmigrate.errors import ConfigError

#: What such a class may say: nbmigrate asks its own dialects for all else.
_SAID = {"__dialect__", "transactional_ddl"}


class DefaultImpl:
    """What env.py derives a class from, with `__dialect__ = "duckdb"` in it."""

    def __init_subclass__(cls) -> None:
        """Refuse a class whose methods nobody would call.

        Raises
        ------
        ConfigError
            It has some.
        """
        super().__init_subclass__()
        own = sorted(name for name in vars(cls).keys() - _SAID if not name.startswith("__"))
        if own:
            raise ConfigError(
                f"{cls.__name__} in env.py defines {', '.join(own)} for Alembic, which nbmigrate does not call.",
                "Say the same with a subclass of nbmigrate.dialects.DefaultDialect and register_dialect(): see README.",
            )
