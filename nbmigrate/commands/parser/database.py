"""The verbs that change or show a database: their words, next to the call that they become."""

import argparse
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from nbmigrate import commands
from nbmigrate.commands.parser.arguments import Call, Parser, Run, declares
from nbmigrate.commands.results.result import Result


@declares
def _upgrade(verb: Parser) -> Run:
    verb.add_argument("revision", help="where to: head, heads, a revision, +N; with --sql also FROM:TO")
    _add_run(verb)
    return lambda call, options: _run("upgrade", call, options, options.revision)


@declares
def _downgrade(verb: Parser) -> Run:
    verb.add_argument("revision", help="where to: base, a revision, -N; with --sql FROM:TO")
    _add_run(verb)
    return lambda call, options: _run("downgrade", call, options, options.revision)


@declares
def _stamp(verb: Parser) -> Run:
    verb.add_argument(
        "revisions",
        nargs="+",
        help="where the database stands: heads, base, revisions; with --sql also FROM:TO",
    )
    _add_run(verb)
    verb.add_argument("--purge", action="store_true", help="delete every version row first, whatever it says")
    return lambda call, options: _run("stamp", call, options, options.revisions, purge=options.purge)


@declares
def _ensure_version(verb: Parser) -> Run:
    _add_sql(verb)
    return lambda call, options: _send_or_write("ensure_version", call, options)


@declares
def _doctor(verb: Parser) -> Run:
    return lambda call, options: commands.doctor(call.open_project(options))


@declares
def _resume(verb: Parser) -> Run:
    choice = verb.add_mutually_exclusive_group()
    choice.add_argument(
        "--applied",
        dest="applied",
        action="store_true",
        default=None,
        help="the statement in flight was applied",
    )
    choice.add_argument(
        "--not-applied", dest="applied", action="store_false", default=None, help="it was not applied"
    )
    _add_tag(verb)
    _add_lock_timeout(verb)
    return lambda call, options: commands.resume(
        call.open_project(options),
        applied=options.applied,
        tag=options.tag,
        listener=call.listener,
        lock_timeout=options.lock_timeout,
    )


@declares
def _abandon(verb: Parser) -> Run:
    _add_lock_timeout(verb)
    return lambda call, options: commands.abandon(
        call.open_project(options), listener=call.listener, lock_timeout=options.lock_timeout
    )


@declares
def _preview(verb: Parser) -> Run:
    verb.add_argument(
        "direction",
        type=_direction,
        metavar="upgrade|downgrade|A:B",
        help="the direction, or a way from A to B",
    )
    verb.add_argument(
        "target", nargs="?", help="what that verb would be given: head, base, a revision, +1, -1, A:B"
    )
    _add_dialect(verb, "the SQL is for")
    return lambda call, options: commands.preview(
        call.open_project(options), options.direction, options.target, dialect=options.dialect
    )


def _direction(text: str) -> str:
    from nbmigrate.commands.database.preview import check_direction

    if ":" not in text:
        check_direction(text)
    return text


@declares
def _explore(verb: Parser) -> Run:
    verb.add_argument("--read-only", action="store_true", help="only show: no button changes the database")
    verb.add_argument(
        "--no-run",
        action="store_true",
        help="read what a revision does from its source: nothing of its file runs before its step (default: with "
        "--read-only)",
    )
    return lambda call, options: commands.explore(
        call.open_project(options), read_only=options.read_only, no_run=options.no_run
    )


@declares
def _tables(verb: Parser) -> Run:
    _add_schema(verb)
    return lambda call, options: commands.tables(call.open_project(options), schema=options.schema)


@declares
def _table(verb: Parser) -> Run:
    from nbmigrate.commands.database.tables import DEFAULT_LIMIT

    verb.add_argument("table", help="the table")
    _add_schema(verb)
    verb.add_argument("--columns", metavar="A,B", type=_names, default=(), help="the columns to show")
    verb.add_argument(
        "--limit",
        type=_limit,
        default=DEFAULT_LIMIT,
        help="rows at the most, or `all` (default: %(default)s)",
    )
    verb.add_argument(
        "--where", metavar="CONDITION", help="a condition in SQL, e.g. \"lastname = 'Lovelace'\""
    )
    verb.add_argument(
        "--order-by", metavar="A,B", type=_names, default=(), help='columns, each with " desc" or not'
    )

    def run(call: Call, options: argparse.Namespace) -> Result:
        return commands.table(
            call.open_project(options),
            options.table,
            schema=options.schema,
            columns=options.columns,
            limit=options.limit,
            where=options.where,
            order_by=options.order_by,
        )

    return run


@declares
def _schema(verb: Parser) -> Run:
    verb.add_argument("table", help="the table")
    _add_schema(verb)
    return lambda call, options: commands.schema(
        call.open_project(options), options.table, schema=options.schema
    )


def _add_run(verb: Parser) -> None:
    _add_sql(verb)
    _add_tag(verb)
    _add_lock_timeout(verb)


def _add_schema(verb: Parser) -> None:
    verb.add_argument("--schema", metavar="NAME", help="the schema to look in (default: the database's own)")


def _add_tag(verb: Parser) -> None:
    verb.add_argument("--tag", help="a word for env.py, which reads it with context.get_tag_argument()")


def _add_lock_timeout(verb: Parser) -> None:
    verb.add_argument(
        "--lock-timeout",
        metavar="SECONDS",
        type=_seconds,
        help="how long to wait for another run on the database (default: lock_timeout of the ini, or 60)",
    )


def _run(name: str, call: Call, options: argparse.Namespace, *args: Any, **more: Any) -> Result:
    """Run a verb that has what `_add_run` adds, or write its script."""
    return _send_or_write(
        name,
        call,
        options,
        *args,
        run={"listener": call.listener, "lock_timeout": options.lock_timeout},
        tag=options.tag,
        **more,
    )


def _send_or_write(
    name: str,
    call: Call,
    options: argparse.Namespace,
    *args: Any,
    run: Mapping[str, Any] = MappingProxyType({}),
    **more: Any,
) -> Result:
    """Run a verb that has what `_add_sql` adds, or with --sql the one that writes its script."""
    from nbmigrate.commands.database.sql_script import refuse_script_options

    project, script = call.open_project(options), {"dialect": options.dialect, "output": options.output}
    found: Result
    if options.sql:
        found = getattr(commands, f"{name}_sql")(project, *args, **script, **more)
    else:
        refuse_script_options(**script)
        found = getattr(commands, name)(project, *args, **run, **more)
    return found


def _add_sql(verb: Parser) -> None:
    verb.add_argument("--sql", action="store_true", help="write a script of SQL instead, without a database")
    _add_dialect(verb, "the script is for")
    verb.add_argument("-o", "--output", metavar="FILE", help="with --sql: a file for the script")


def _add_dialect(verb: Parser, what: str) -> None:
    verb.add_argument(
        "--dialect",
        metavar="NAME",
        help=f"the database that {what}: postgresql, mysql, sqlite ... (default: that of the url)",
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not seconds >= 0:
        raise argparse.ArgumentTypeError(f"a number of seconds; not {text!r}")
    return seconds


def _limit(text: str) -> int | None:
    if text == "all":
        return None
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a whole number of rows, or `all`; not {text!r}")
    return int(text)
