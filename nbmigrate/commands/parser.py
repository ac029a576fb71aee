"""The words of a command: one tree for the terminal, for `%migrate` and for completion.

Global options stand before the verb, as with the alembic command. Each verb's options are declared in `verbs`, next
to the call they become, so what is parsed and what is run cannot drift apart.
"""

import argparse
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import NoReturn

from nbmigrate.commands.verbs import VERBS
from nbmigrate.commands.words import ALEMBIC_ALONE, HelpAsked, Parser, TextResult, Words
from nbmigrate.errors import UsageError, nearest

#: HYPHEN, NON-BREAKING HYPHEN, FIGURE DASH, EN DASH, EM DASH, HORIZONTAL BAR and MINUS SIGN: what a hyphen becomes in
#: texts that are typeset.
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"


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
    _check_dashes(words)
    parser, verbs = build(prog, words)
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


def _check_dashes(words: Sequence[str]) -> None:
    """Refuse a word that begins with a dash as an editor or a web page writes it; an option's value may."""
    for before, word in pairwise(("", *words)):
        if word and word[0] in _DASHES and not before.startswith("-"):
            rest = word[1:].lstrip("-" + _DASHES)
            long_option = len(rest) > 1 and not rest[0].isdigit()
            raise UsageError(
                f"{word!r} begins with {unicodedata.name(word[0]).lower()}, which is no hyphen.",
                f"Write {'--' if long_option else '-'}{rest} with the key for minus.",
            )


def summaries() -> dict[str, str]:
    """Return what each verb does, in a few words."""
    return {name: summary for name, summary, _ in VERBS}


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
    alembics = ALEMBIC_ALONE.get(word, "").strip()
    meant = alembics or (f"Did you mean {near}?" if near else verb.format_usage().strip())
    what = "option" if word.startswith("-") else "argument"
    raise UsageError(f"`{verb.prog.split()[-1]}` has no {what} {word!r}.", meant)


def build(prog: str = "nbmigrate", named: Sequence[str] | None = None) -> tuple[Parser, dict[str, Parser]]:
    """Return the parser and those of the verbs, by name.

    Parameters
    ----------
    named
        The verbs whose words are wanted, among other words; all if not given. The others are there by name alone,
        since declaring a verb may load what it stands for.
    """
    parser = Parser(
        prog=prog,
        usage="%(prog)s [-c FILE] [-n SECTION] [-x KEY=VALUE] [--app MODULE:NAME] <verb> ...",
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
    parser.add_argument(
        "--app", metavar="MODULE:NAME", help="the Flask application that env.py belongs to, or what makes it"
    )
    parser.add_argument("--raiseerr", action="store_true", help="show the whole traceback of an error")
    parser.add_argument("-q", "--quiet", action="store_true", help="show nothing but errors")
    subparsers = parser.add_subparsers(title="verbs", dest="verb", metavar="<verb>", parser_class=Parser)
    for name, summary, declare in VERBS:
        verb = subparsers.add_parser(
            name, prog=f"{prog} {name}", help=summary, description=summary[0].upper() + summary[1:] + "."
        )
        if named is None or name in named:
            verb.set_defaults(run=declare(verb))
    return parser, dict(subparsers.choices)
