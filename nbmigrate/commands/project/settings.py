"""The check of a setting before it is written: whether there is such a one, and whether it may have the value."""

import codecs
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import sqlalchemy as sa

from nbmigrate.config import Config
from nbmigrate.config.masking import mask_option
from nbmigrate.config.options import ENGINE_PREFIX, KEYS, nearest_key
from nbmigrate.database.backends.timeouts import duration_of, timeout_of
from nbmigrate.database.errors import translating
from nbmigrate.database.execution.options import SWITCH, TRANSACTIONS
from nbmigrate.errors import ConfigError
from nbmigrate.project import REVISION_IDS, Project
from nbmigrate.scripts.writing.file_names import file_name

#: What `revision_environment` may be, as Alembic reads it.
_YES_AND_NO = ("true", "false", "yes", "no", "on", "off", "y", "n", "t", "f", "1", "0")


def check_key(project: Project, key: str) -> None:
    """Refuse a setting that nothing reads.

    What nbmigrate, Alembic or SQLAlchemy know is read, what is in the ini already, and what env.py or the template of
    revisions name in quotes.

    Raises
    ------
    ConfigError
        Nothing reads it; the nearest setting is named.
    """
    config = project.config
    if key in KEYS or key in config.options:
        return
    if key.startswith(ENGINE_PREFIX):
        _check_engine(config, key, "")
        return
    if _is_named_in_project(project, key):
        return
    near = nearest_key(key)
    meant = f"Did you mean {near!r}?" if near else "`config` lists those in force."
    raise ConfigError(
        f"There is no setting {key!r}.",
        f"{meant} For one of your own, which env.py reads: `config --force {key} VALUE`.",
    )


def _is_named_in_project(project: Project, key: str) -> bool:
    """Whether env.py or the template of revisions has the key in quotes."""
    try:
        folder = project.config.script_location
    except ConfigError:
        return False
    paths = [path for path in (folder / "env.py", folder / "script.py.mako") if path.is_file()]
    pattern = rf"['\"]{re.escape(key)}['\"]"
    return any(re.search(pattern, path.read_text("utf-8", "replace"), re.IGNORECASE) for path in paths)


def check_value(config: Config, key: str) -> None:
    """Refuse a value that a setting cannot have.

    Parameters
    ----------
    config
        The configuration as it is to be.
    key
        The setting that is new in it.

    Raises
    ------
    ConfigError, DriverMissingError
        The value is none for this setting, or a url of an unknown database.
    """
    if config.unset_variables(key):
        # The variable may be set when it is needed.
        return
    value = config.get(key) or ""
    if key in _CHECKS:
        _CHECKS[key](config, value)
    elif key.startswith(ENGINE_PREFIX):
        _check_engine(config, key, value)


def _one_of(key: str, values: Mapping[str, object] | tuple[str, ...]) -> Callable[[Config, str], None]:
    def check(config: Config, value: str) -> None:
        if value not in values:
            raise ConfigError(f"{key} = {value} is not valid.", f"Valid ones: {', '.join(values)}.")

    return check


def _lower_one_of(key: str, values: tuple[str, ...]) -> Callable[[Config, str], None]:
    check = _one_of(key, values)
    return lambda config, value: check(config, value.strip().lower())


def _check_retries(config: Config, value: str) -> None:
    if not value.isdecimal():
        raise ConfigError(
            f"postgresql_lock_retries = {value} is not a whole number.", "Write one, such as 3."
        )


def _check_template(config: Config, value: str) -> None:
    file_name(value, "0001", "message", datetime(2021, 6, 20, tzinfo=UTC))


def _check_encoding(config: Config, value: str) -> None:
    try:
        codecs.lookup(value)
    except LookupError:
        raise ConfigError(
            f"output_encoding = {value}: Python has no such encoding.", "Write one such as utf-8."
        ) from None


def _check_url(config: Config, value: str) -> None:
    with translating():
        sa.make_url(value).get_dialect()


def _check_engine(config: Config, key: str, value: str) -> None:
    """Let SQLAlchemy make an engine, which connects to nothing, with this option."""
    name, near = key.removeprefix(ENGINE_PREFIX), nearest_key(key)
    unknown = ConfigError(
        f"There is no setting {key!r}: create_engine() takes no {name!r} for this database.",
        f"Did you mean {near!r}?"
        if near and near != key
        else "Its arguments can be set, such as sqlalchemy.echo.",
    )
    url = "" if config.unset_variables("sqlalchemy.url") else config.get("sqlalchemy.url")
    try:
        sa.engine_from_config({"sqlalchemy.url": url or "sqlite://", key: value})
    except TypeError as error:
        if "Invalid argument" in str(error):
            raise unknown from None
        raise _no_value(key, value) from error
    except (ValueError, sa.exc.ArgumentError) as error:
        # A name alone is looked at without a value.
        if value:
            raise _no_value(key, value) from error
    except (ImportError, sa.exc.SQLAlchemyError):
        # A driver that is not here, or a url that is wrong by itself: nothing can be tried.
        if key not in KEYS and near:
            raise unknown from None


def _no_value(key: str, value: str) -> ConfigError:
    name = key.removeprefix(ENGINE_PREFIX)
    return ConfigError(
        f"{key} = {mask_option(key, value)} is not valid.",
        f"See {name} among the arguments of create_engine().",
    )


_CHECKS: Mapping[str, Callable[[Config, str], object]] = {
    "describe": _one_of("describe", ("run", "static")),
    "file_template": _check_template,
    "lock_timeout": lambda config, value: timeout_of(value),
    "output_encoding": _check_encoding,
    "path_separator": lambda config, value: config.check_separator("path_separator"),
    "postgresql_lock_retries": _check_retries,
    "postgresql_lock_timeout": lambda config, value: duration_of("postgresql_lock_timeout", value),
    "postgresql_statement_timeout": lambda config, value: duration_of("postgresql_statement_timeout", value),
    "record_runs": _one_of("record_runs", SWITCH),
    "recursive_version_locations": _one_of("recursive_version_locations", SWITCH),
    "revision_environment": _lower_one_of("revision_environment", _YES_AND_NO),
    "revision_headers": lambda config, value: config.executes_headers,
    "revision_ids": _one_of("revision_ids", REVISION_IDS),
    "sourceless": _one_of("sourceless", SWITCH),
    "sqlalchemy.url": _check_url,
    "timezone": lambda config, value: config.timezone,
    "transaction": _one_of("transaction", TRANSACTIONS),
    "truncate_slug_length": lambda config, value: config.truncate_slug_length,
    "version_path_separator": lambda config, value: config.check_separator("version_path_separator"),
}
