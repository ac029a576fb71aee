"""The words of a command: one tree for the terminal, for `%migrate` and for completion.

Global options stand before the verb, as with the alembic command. Each verb's options are declared next to the call
they become, so what is parsed and what is run cannot drift apart.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from nbmigrate.commands.config import config
from nbmigrate.commands.current import current
from nbmigrate.commands.downgrade import downgrade
from nbmigrate.commands.explore import explore
from nbmigrate.commands.graph import graph
from nbmigrate.commands.heads import heads
from nbmigrate.commands.history import history
from nbmigrate.commands.init import TEMPLATES, init
from nbmigrate.commands.preview import preview
from nbmigrate.commands.result import Result
from nbmigrate.commands.revision import edit, merge, revision
from nbmigrate.commands.show import show
from nbmigrate.commands.tables import DEFAULT_LIMIT, schema, table, tables
from nbmigrate.commands.tutorial import tutorial
from nbmigrate.commands.upgrade import upgrade
from nbmigrate.commands.words import Call, HelpAsked, Parser, TextResult, Words
from nbmigrate.config import reason
from nbmigrate.errors import UsageError, nearest


def parse(words: Sequence[str], *, prog: str = "nbmigrate") -> Words:
    """Return what the words of a command say.

    Parameters
    ----------
    words
        The words after the command's name.
    prog
        The command's name, for help: "nbmigrate" or "%migrate".

    Raises
    ------
    UsageError
        The words are not understood; the nearest valid one is named.
    """
    parser, verbs = build(prog)
    try:
        options, unknown = parser.parse_known_args(list(words))
    except HelpAsked as asked:
        return _text("help", asked.text)
    if options.version:
        return _text("version", version_text())
    if options.verb is None:
        return _text("help", parser.format_help().rstrip())
    if unknown:
        _refuse(unknown, parser, verbs[options.verb])
    return Words(options.verb, options, options.run)


def summaries() -> dict[str, str]:
    """Return what each verb does, in a few words."""
    return {name: summary for name, summary, _ in _VERBS}


def version_text() -> str:
    """Return the name and version of this package."""
    from nbmigrate import __version__

    return f"nbmigrate {__version__}"


def _text(verb: str, text: str) -> Words:
    return Words(verb, argparse.Namespace(), lambda call, options: TextResult(text=text))


def _refuse(unknown: Sequence[str], parser: Parser, verb: Parser) -> NoReturn:
    word = unknown[0]
    if word.split("=")[0] in parser.option_strings():
        raise UsageError(
            f"{word} stands after the verb.",
            f"Write it before: {parser.prog} {word} ... {verb.prog.split()[-1]}",
        )
    near = nearest(word, verb.option_strings())
    meant = f"Did you mean {near}?" if near else verb.format_usage().strip()
    what = "option" if word.startswith("-") else "argument"
    raise UsageError(f"`{verb.prog.split()[-1]}` has no {what} {word!r}.", meant)


def build(prog: str = "nbmigrate") -> tuple[Parser, dict[str, Parser]]:
    """Return the parser and those of the verbs, by name."""
    parser = Parser(
        prog=prog,
        usage="%(prog)s [-c FILE] [-n SECTION] [-x KEY=VALUE] <verb> ...",
        description="Database migrations that you can see and touch. Speaks Alembic's language.",
        epilog=f"`{prog} <verb> -h` explains a verb. Revisions are named by an id, the start of one, a branch label,\n"
        "head, heads, base, or steps from where the database stands: +1, -1.",
    )
    parser.add_argument("--version", action="store_true", help="say which version this is")
    parser.add_argument(
        "-c", "--config", metavar="FILE", help="the ini; nbmigrate.ini or alembic.ini here if not given"
    )
    parser.add_argument("-n", "--name", metavar="SECTION", help="the section of the ini to read")
    parser.add_argument(
        "-x", metavar="KEY=VALUE", action="append", default=[], help="passed to env.py; may be repeated"
    )
    parser.add_argument("--raiseerr", action="store_true", help="show the whole traceback of an error")
    parser.add_argument("-q", "--quiet", action="store_true", help="show nothing but errors")
    subparsers = parser.add_subparsers(title="verbs", dest="verb", metavar="<verb>", parser_class=Parser)
    for name, summary, declare in _VERBS:
        verb = subparsers.add_parser(
            name, prog=f"{prog} {name}", help=summary, description=summary[0].upper() + summary[1:] + "."
        )
        verb.set_defaults(run=declare(verb))
    return parser, dict(subparsers.choices)


Run = Callable[[Call, argparse.Namespace], Result]


def _init(verb: Parser) -> Run:
    verb.add_argument("directory", help="the folder to make for env.py and the revisions")
    verb.add_argument(
        "-t",
        "--template",
        choices=TEMPLATES,
        default="nbmigrate",
        help="alembic: a project that the alembic command runs too",
    )
    verb.add_argument("--url", help="the database url to write into the ini")

    def run(call: Call, options: argparse.Namespace) -> Result:
        ini = Path(options.config) if options.config else None
        return init(options.directory, template=options.template, url=options.url, ini=ini)

    return run


def _config(verb: Parser) -> Run:
    verb.add_argument("key", nargs="?", help="the setting, e.g. sqlalchemy.url")
    verb.add_argument(
        "value", nargs="?", help="what to set it to; %%(NAME)s stands for an option or environment variable"
    )
    return lambda call, options: config(call.open_project(options), options.key, options.value)


def _revision(verb: Parser) -> Run:
    verb.add_argument("-m", "--message", help="what the revision does")
    verb.add_argument("--head", help="the parent: head (the default), base, or a revision")
    verb.add_argument("--splice", action="store_true", help="allow a parent that is not a head")
    verb.add_argument("--branch-label", action="append", default=[], help="a branch label to declare")
    verb.add_argument(
        "--depends-on", action="append", default=[], help="a revision that must be applied before it"
    )
    verb.add_argument("--rev-id", help="the id, instead of a new one")
    _add_body(verb)

    def run(call: Call, options: argparse.Namespace) -> Result:
        return revision(
            call.open_project(options),
            options.message,
            body=_body(call, options),
            head=options.head,
            splice=options.splice,
            branch_label=options.branch_label,
            depends_on=options.depends_on,
            rev_id=options.rev_id,
        )

    return run


def _merge(verb: Parser) -> Run:
    verb.add_argument("revisions", nargs="+", help="the heads to join, or `heads` for all")
    verb.add_argument("-m", "--message", help="what the revision says of itself")
    verb.add_argument("--branch-label", action="append", default=[], help="a branch label to declare")
    verb.add_argument("--rev-id", help="the id, instead of a new one")
    verb.add_argument("--splice", action="store_true", help="allow revisions that are not heads")

    def run(call: Call, options: argparse.Namespace) -> Result:
        return merge(
            call.open_project(options),
            options.revisions,
            options.message,
            branch_label=options.branch_label,
            rev_id=options.rev_id,
            splice=options.splice,
        )

    return run


def _edit(verb: Parser) -> Run:
    verb.add_argument("rev", help="the revision whose body is replaced")
    _add_body(verb)

    def run(call: Call, options: argparse.Namespace) -> Result:
        body = _body(call, options)
        if body is None:
            raise UsageError(
                "`edit` needs the new body.",
                "Use %%migrate edit with the body under it, or --body FILE; `show` prints what is there.",
            )
        return edit(call.open_project(options), options.rev, body)

    return run


def _show(verb: Parser) -> Run:
    verb.add_argument("rev", help="the revision, or `current`")
    return lambda call, options: show(call.open_project(options), options.rev)


def _upgrade(verb: Parser) -> Run:
    verb.add_argument("revision", help="where to: head, heads, a revision, +N")
    return lambda call, options: upgrade(call.open_project(options), options.revision, listener=call.listener)


def _downgrade(verb: Parser) -> Run:
    verb.add_argument("revision", help="where to: base, a revision, -N")
    return lambda call, options: downgrade(
        call.open_project(options), options.revision, listener=call.listener
    )


def _preview(verb: Parser) -> Run:
    verb.add_argument("direction", choices=("upgrade", "downgrade"), help="upgrade or downgrade")
    verb.add_argument("target", help="what that verb would be given: head, base, a revision, +1, -1")
    return lambda call, options: preview(call.open_project(options), options.direction, options.target)


def _explore(verb: Parser) -> Run:
    verb.add_argument("--read-only", action="store_true", help="only show: no button changes the database")
    return lambda call, options: explore(call.open_project(options), read_only=options.read_only)


def _current(verb: Parser) -> Run:
    _add_verbose(verb)
    verb.add_argument(
        "-c", "--check-heads", action="store_true", help="fail when the database is not at all heads"
    )
    return lambda call, options: current(
        call.open_project(options), verbose=options.verbose, check_heads=options.check_heads
    )


def _history(verb: Parser) -> Run:
    verb.add_argument(
        "-r", "--rev-range", metavar="A:B", help="from a to b; either may be left out, or `current`"
    )
    _add_verbose(verb)
    verb.add_argument("-i", "--indicate-current", action="store_true", help="mark where the database stands")
    return lambda call, options: history(
        call.open_project(options),
        rev_range=options.rev_range,
        verbose=options.verbose,
        indicate_current=options.indicate_current,
    )


def _heads(verb: Parser) -> Run:
    _add_verbose(verb)
    return lambda call, options: heads(call.open_project(options), verbose=options.verbose)


def _graph(verb: Parser) -> Run:
    verb.add_argument("--all", action="store_true", help="draw a long history from end to end")
    verb.add_argument("-o", "--output", metavar="FILE", help="write the drawing to an svg file too")

    def run(call: Call, options: argparse.Namespace) -> Result:
        drawn = graph(call.open_project(options), whole=options.all)
        if options.output:
            drawn.save(Path(options.output))
        return drawn

    return run


def _tables(verb: Parser) -> Run:
    return lambda call, options: tables(call.open_project(options))


def _table(verb: Parser) -> Run:
    verb.add_argument("table", help="the table")
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
        return table(
            call.open_project(options),
            options.table,
            columns=options.columns,
            limit=options.limit,
            where=options.where,
            order_by=options.order_by,
        )

    return run


def _schema(verb: Parser) -> Run:
    verb.add_argument("table", help="the table")
    return lambda call, options: schema(call.open_project(options), options.table)


def _tutorial(verb: Parser) -> Run:
    verb.add_argument("directory", nargs="?", default=".", help="the folder to copy the notebooks to")
    return lambda call, options: tutorial(options.directory)


_VERBS: tuple[tuple[str, str, Callable[[Parser], Run]], ...] = (
    ("init", "start a project", _init),
    ("config", "show the settings in force, or change one", _config),
    ("revision", "write a new revision", _revision),
    ("edit", "replace what a revision does, while it is not applied", _edit),
    ("merge", "join several heads into one revision", _merge),
    ("show", "show a revision and its source", _show),
    ("upgrade", "apply revisions", _upgrade),
    ("downgrade", "undo revisions", _downgrade),
    ("preview", "say what an upgrade or downgrade would do, without doing it", _preview),
    ("current", "say where the database stands", _current),
    ("history", "list the revisions, newest first", _history),
    ("heads", "list the revisions that nothing comes after", _heads),
    ("graph", "draw the revisions", _graph),
    ("explore", "step through the history by hand, in a notebook", _explore),
    ("tables", "list the tables and how many rows each has", _tables),
    ("table", "show the rows of a table", _table),
    ("schema", "show the columns, keys and indexes of a table", _schema),
    ("tutorial", "copy the tutorial notebooks to a folder", _tutorial),
)


def _add_verbose(verb: Parser) -> None:
    verb.add_argument("-v", "--verbose", action="store_true", help="say everything about each revision")


def _add_body(verb: Parser) -> None:
    verb.add_argument(
        "--body",
        metavar="FILE",
        help="a file with what the revision does: upgrade() and downgrade(), or just the upgrade",
    )


def _body(call: Call, options: argparse.Namespace) -> str | None:
    if options.body is None:
        return call.body
    if call.body is not None:
        raise UsageError("There are two bodies: the cell's and --body.", "Leave one out.")
    try:
        return Path(options.body).read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise UsageError(
            f"{options.body} cannot be read: {reason(error)}.", "It must be text, in UTF-8."
        ) from error


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _limit(text: str) -> int | None:
    if text == "all":
        return None
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a whole number of rows, or `all`; not {text!r}")
    return int(text)
