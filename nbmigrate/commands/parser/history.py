"""The verbs that read the history: their words, next to the call that they become."""

import argparse
from pathlib import Path

from nbmigrate import commands
from nbmigrate.commands.parser.arguments import ENGINE_HELP, Call, Parser, Run, declares
from nbmigrate.commands.results.result import Result


@declares
def _open(verb: Parser) -> Run:
    verb.add_argument("path", nargs="?", help="a folder with an ini or pyproject.toml in it, or one of these")
    verb.add_argument(
        "--app",
        # What stands before the verb counts where nothing stands after it.
        default=argparse.SUPPRESS,
        metavar="MODULE:NAME",
        help="the Flask application that env.py belongs to",
    )
    verb.add_argument("--engine", metavar="NAME", help=ENGINE_HELP)

    def run(call: Call, options: argparse.Namespace) -> Result:
        options.config = options.path or options.config
        engine = call.find_engine(options.engine) if options.engine else None
        return commands.open(call.open_project(options), engine)

    return run


@declares
def _show(verb: Parser) -> Run:
    verb.add_argument("rev", help="the revision, or `current`; A:B for all from A to B")
    return lambda call, options: commands.show(call.open_project(options), options.rev)


@declares
def _current(verb: Parser) -> Run:
    _add_verbose(verb)
    verb.add_argument(
        "-c", "--check-heads", action="store_true", help="fail when the database is not at all heads"
    )
    return lambda call, options: commands.current(
        call.open_project(options), verbose=options.verbose, check_heads=options.check_heads
    )


@declares
def _history(verb: Parser) -> Run:
    verb.add_argument(
        "-r", "--rev-range", metavar="A:B", help="from a to b; either may be left out, or `current`"
    )
    _add_verbose(verb)
    verb.add_argument("-i", "--indicate-current", action="store_true", help="mark where the database stands")
    _add_page(verb)
    return lambda call, options: commands.history(
        call.open_project(options),
        rev_range=options.rev_range,
        verbose=options.verbose,
        indicate_current=options.indicate_current,
        skip=options.skip,
        limit=options.limit,
    )


@declares
def _heads(verb: Parser) -> Run:
    _add_verbose(verb)
    verb.add_argument(
        "--resolve-dependencies",
        action="store_true",
        help="leave out the heads that another revision depends on",
    )
    _add_page(verb)
    return lambda call, options: commands.heads(
        call.open_project(options),
        verbose=options.verbose,
        resolve_dependencies=options.resolve_dependencies,
        skip=options.skip,
        limit=options.limit,
    )


@declares
def _branches(verb: Parser) -> Run:
    _add_verbose(verb)
    _add_page(verb)
    return lambda call, options: commands.branches(
        call.open_project(options), verbose=options.verbose, skip=options.skip, limit=options.limit
    )


@declares
def _graph(verb: Parser) -> Run:
    verb.add_argument("--all", action="store_true", help="draw the whole of a long history")
    marking = verb.add_mutually_exclusive_group()
    marking.add_argument(
        "-i",
        "--indicate-current",
        dest="current",
        action="store_true",
        default=None,
        help="mark where the database stands, if env.py must be run for it too",
    )
    marking.add_argument(
        "--no-current",
        dest="current",
        action="store_false",
        default=None,
        help="leave out where the database stands: it is not connected to",
    )
    verb.add_argument("-o", "--output", metavar="FILE", help="write the drawing to an svg file too")

    def run(call: Call, options: argparse.Namespace) -> Result:
        drawn = commands.graph(call.open_project(options), whole=options.all, current=options.current)
        if options.output:
            drawn.save(Path(options.output))
        return drawn

    return run


@declares
def _log(verb: Parser) -> Run:
    from nbmigrate.commands.database.log import DEFAULT_LIMIT

    verb.add_argument("rev", nargs="?", help="the steps of this revision alone, and how its code has changed")
    verb.add_argument(
        "-n",
        "--limit",
        metavar="N",
        type=_count,
        default=DEFAULT_LIMIT,
        help="N steps at the most (default: %(default)s)",
    )
    return lambda call, options: commands.log(call.open_project(options), options.rev, limit=options.limit)


def _add_verbose(verb: Parser) -> None:
    verb.add_argument("-v", "--verbose", action="store_true", help="say everything about each revision")


def _add_page(verb: Parser) -> None:
    verb.add_argument("--skip", metavar="N", type=_count, default=0, help="leave the first N out")
    verb.add_argument("--limit", metavar="N", type=_count, help="N at the most")


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a whole number, not {text!r}")
    return int(text)
