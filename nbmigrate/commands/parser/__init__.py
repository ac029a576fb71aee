"""The words of a command: one tree for the terminal, for `%migrate` and for completion.

Global options stand before the verb, as with the alembic command. Each verb's options are declared next to the call
that they become, so what is parsed and what is run cannot drift apart.
"""

import argparse
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import NoReturn

from nbmigrate.commands import signposts
from nbmigrate.commands.parser import database, files, history  # noqa: F401 - they declare the words of the verbs
from nbmigrate.commands.parser.arguments import DECLARATIONS, HelpRequested, Parser, TextResult, Words
from nbmigrate.commands.parser.examples import EXAMPLES, epilog
from nbmigrate.commands.verbs import GROUPS, VERBS
from nbmigrate.errors import UsageError, nearest
from nbmigrate.version import __version__

#: HYPHEN, NON-BREAKING HYPHEN, FIGURE DASH, EN DASH, EM DASH, HORIZONTAL BAR and MINUS SIGN: what a hyphen becomes in
#: texts that are typeset.
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
#: What straight quotes become there.
_QUOTES = "\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"


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
    _check_typography(words)
    parser, verbs = build(prog, words)
    _check_verb(parser, words)
    try:
        options, unknown = parser.parse_known_args(list(words))
    except HelpRequested as requested:
        return _text("help", requested.text)
    if options.version:
        return _text("version", version_text())
    if unknown:
        _refuse(unknown, options, parser, verbs.get(options.verb, parser))
    if options.verb is None:
        return _text("help", parser.format_help().rstrip())
    return Words(options.verb, options, options.run)


def _check_typography(words: Sequence[str]) -> None:
    """Refuse a word that begins as an editor or a web page writes a hyphen or a quote; an option's value may."""
    for before, word in pairwise(("", *words)):
        if word and word[0] in _DASHES and not before.startswith("-"):
            rest = word[1:].lstrip("-" + _DASHES)
            long_option = len(rest) > 1 and not rest[0].isdigit()
            raise UsageError(
                f"{word!r} begins with {unicodedata.name(word[0]).lower()}, which is no hyphen.",
                f"Write {'--' if long_option else '-'}{rest} with the key for minus.",
            )
        if word and word[0] in _QUOTES and word[-1] not in _QUOTES and " " not in word:
            raise UsageError(
                f"{word} begins with a typographic quote, which does not hold words together.",
                'Put straight quotes around the text: "...".',
            )


def _check_verb(parser: Parser, words: Sequence[str]) -> None:
    verb = parser.verb_among(words)
    if verb is None or verb in summaries() or {"-h", "--help"} & {*words[: words.index(verb)]}:
        return
    if signpost := signposts.VERBS.get(verb.lower()):
        raise UsageError(f"There is no verb {verb!r}.", signpost)
    near = nearest(verb.lower(), summaries())
    raise UsageError(
        f"There is no verb {verb!r}.", (f"Did you mean {near!r}?\n" if near else "") + verbs_by_group()
    )


def verbs_by_group() -> str:
    """Return the names of all verbs, those of one group together, sorted."""
    import textwrap

    names = {title: ", ".join(sorted(verb.name for verb in verbs)) for title, verbs in GROUPS.items()}
    indent = max(map(len, names)) + 4
    lines = (
        textwrap.fill(
            text,
            width=79,
            initial_indent=f"  {title:{indent - 2}}",
            subsequent_indent=" " * indent,
            break_on_hyphens=False,
        )
        for title, text in names.items()
    )
    return "\n".join(["Verbs:", *lines])


def summaries() -> dict[str, str]:
    """Return what each verb does, in a few words."""
    return {verb.name: verb.summary for verb in VERBS}


def version_text() -> str:
    """Return the name and version of this package."""
    return f"nbmigrate {__version__}"


def _text(verb: str, text: str) -> Words:
    return Words(verb, argparse.Namespace(), lambda call, options: TextResult(text=text))


def _refuse(unknown: Sequence[str], options: argparse.Namespace, parser: Parser, verb: Parser) -> NoReturn:
    word = unknown[0]
    name = verb.prog.split()[-1]
    if verb is not parser and word.split("=")[0] in parser.option_strings():
        raise UsageError(
            f"{word} stands after the verb.",
            f"Write it before: {parser.prog} {word} ... {name}",
        )
    near = nearest(word, verb.option_strings())
    target = getattr(options, "revision", "head")
    signpost = signposts.option_signpost(word.split("=")[0], name, target)
    is_option = word.startswith("-")
    usage = verb.format_usage().strip() + (
        "" if is_option else '\nPut a text with spaces in it in "double quotes".'
    )
    meant = signpost or (f"Did you mean {near}?" if near else usage)
    what = "option" if is_option else "argument"
    raise UsageError(f"`{name}` has no {what} {word!r}.", meant)


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
        usage="%(prog)s [-c FILE] [-n SECTION] [-x KEY=VALUE] <verb> ...",
        description="Database migrations that you can see and touch. Speaks Alembic's language.",
        epilog=f"`{prog} <verb> -h` explains a verb, with examples.\n"
        "A revision is written as head, heads, base, an id or the start of one,\n"
        "a branch label, or steps from where the database stands: +1, -1.\n\n"
        f"examples:\n  {prog} init practice\n  {prog} upgrade head",
    )
    parser.add_argument("--version", action="store_true", help="show the version")
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
    subparsers = parser.add_subparsers(
        dest="verb", metavar="<verb>", help=argparse.SUPPRESS, parser_class=Parser
    )
    for title, verbs in GROUPS.items():
        parser.list_words(title, {verb.name: verb.summary for verb in verbs})
    for name, summary in summaries().items():
        verb = subparsers.add_parser(
            name, prog=f"{prog} {name}", description=summary[0].upper() + summary[1:] + "."
        )
        if named is None or name in named:
            verb.set_defaults(run=DECLARATIONS[name](verb))
            verb.epilog = epilog(name, prog)
            verb.example = f"{prog} {next(iter(EXAMPLES[name]), '')}"
    return parser, dict(subparsers.choices)
