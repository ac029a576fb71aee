"""The settings that there are: those of Alembic, our own, and those of SQLAlchemy's engine that env.py passes on."""

from collections.abc import Iterable

from nbmigrate.errors import nearest

ENGINE_PREFIX = "sqlalchemy."

#: What `create_engine()` takes and can be written in an ini; a dialect may have more.
_ENGINE = (
    *("url", "echo", "echo_pool", "hide_parameters", "isolation_level", "label_length", "logging_name"),
    *("max_identifier_length", "max_overflow", "paramstyle", "pool_logging_name", "pool_pre_ping"),
    *("pool_recycle", "pool_reset_on_return", "pool_size", "pool_timeout", "pool_use_lifo"),
    *("query_cache_size", "use_insertmanyvalues", "insertmanyvalues_page_size", "encoding", "future"),
)
_ALEMBIC = (
    *("script_location", "file_template", "prepend_sys_path", "timezone", "truncate_slug_length"),
    *("revision_environment", "sourceless", "version_locations", "path_separator", "version_path_separator"),
    *("recursive_version_locations", "output_encoding", "databases"),
)
_OWN = (
    *("describe", "lock_timeout", "postgresql_lock_retries", "postgresql_lock_timeout"),
    *("postgresql_statement_timeout", "record_runs", "revision_headers", "revision_ids", "transaction"),
)
#: All of them.
KEYS = (*_ALEMBIC, *_OWN, *(f"{ENGINE_PREFIX}{name}" for name in _ENGINE))


def nearest_key(key: str) -> str | None:
    """Return the setting that a name which is none was probably meant to be, or None."""
    if f"{ENGINE_PREFIX}{key}" in KEYS:
        return f"{ENGINE_PREFIX}{key}"
    if key.startswith(ENGINE_PREFIX):
        # What all of them begin with would make any two of them alike.
        near = nearest(key.removeprefix(ENGINE_PREFIX), _ENGINE)
        return f"{ENGINE_PREFIX}{near}" if near else None
    return nearest(key, KEYS)


def misspelled(keys: Iterable[str], meant: str) -> str | None:
    """Return the one of `keys` that is no setting and was probably meant to be `meant`, or None."""
    return next((key for key in keys if key not in KEYS and nearest_key(key) == meant), None)
