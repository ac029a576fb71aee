"""The verbs that write files: their words, next to the call that they become."""

import argparse
import contextlib
from collections.abc import Iterator
from pathlib import Path

from nbmigrate import commands
from nbmigrate.commands.parser.arguments import ENGINE_HELP, Call, Parser, Run, declares
from nbmigrate.commands.results.result import Result
from nbmigrate.config import reason
from nbmigrate.errors import BodyError, IrreversibleError, UsageError


@declares
def _init(verb: Parser) -> Run:
    from nbmigrate.commands.project.init import TEMPLATES

    verb.add_argument("directory", help="the folder to make for env.py and the revisions")
    verb.add_argument(
        "-t",
        "--template",
        choices=tuple(TEMPLATES),
        default="nbmigrate",
        metavar="NAME",
        help="what to start from, see list_templates; any but nbmigrate: a project that the alembic command runs too",
    )
    place = verb.add_mutually_exclusive_group()
    place.add_argument("--url", help="the database url to write into the ini")
    place.add_argument("--engine", metavar="NAME", help=ENGINE_HELP)
    verb.add_argument(
        "--package", action="store_true", help="write __init__.py into the folder and into versions/"
    )

    def run(call: Call, options: argparse.Namespace) -> Result:
        return commands.init(
            options.directory,
            template=options.template,
            url=options.url,
            ini=Path(options.config) if options.config else None,
            package=options.package,
            engine=call.find_engine(options.engine) if options.engine else None,
        )

    return run


@declares
def _list_templates(verb: Parser) -> Run:
    return lambda call, options: commands.list_templates()


@declares
def _config(verb: Parser) -> Run:
    verb.add_argument("key", nargs="?", help="the setting, e.g. sqlalchemy.url")
    verb.add_argument(
        "value", nargs="?", help="what to set it to; %%(NAME)s stands for an option or environment variable"
    )
    verb.add_argument("--unset", action="store_true", help="remove the setting from the ini")
    verb.add_argument(
        "--force",
        action="store_true",
        help="write one of your own, which env.py reads, or a value that is refused",
    )

    def run(call: Call, options: argparse.Namespace) -> Result:
        if options.unset and (options.key is None or options.value is not None):
            raise UsageError("`--unset` takes one setting and no value.", "Write config --unset KEY.")
        return commands.config(
            call.open_project(options), options.key, options.value, unset=options.unset, force=options.force
        )

    return run


@declares
def _revision(verb: Parser) -> Run:
    verb.add_argument("-m", "--message", help="what the revision does")
    verb.add_argument("--head", help="the parent: head (the default), base, or a revision")
    verb.add_argument("--splice", action="store_true", help="allow a parent that is not a head")
    verb.add_argument("--branch-label", action="append", default=[], help="a branch label to declare")
    verb.add_argument(
        "--depends-on", action="append", default=[], help="a revision that must be applied before it"
    )
    verb.add_argument("--rev-id", help="the id, instead of a new one")
    verb.add_argument("--version-path", metavar="FOLDER", help="which of the version locations it goes to")
    verb.add_argument("--sql", action="store_true", help="run env.py offline, where it runs at all")
    _add_body(verb)
    _add_force(verb)

    def run(call: Call, options: argparse.Namespace) -> Result:
        with _naming(options.body):
            return commands.revision(
                call.open_project(options),
                options.message,
                body=_body(call, options),
                head=options.head,
                splice=options.splice,
                branch_label=options.branch_label,
                depends_on=options.depends_on,
                rev_id=options.rev_id,
                version_path=options.version_path,
                sql=options.sql,
                once=call.once,
                force=options.force,
            )

    return run


@declares
def _merge(verb: Parser) -> Run:
    verb.add_argument("revisions", nargs="+", help="the heads to join, or `heads` for all")
    verb.add_argument("-m", "--message", help="what the revision says of itself")
    verb.add_argument("--branch-label", action="append", default=[], help="a branch label to declare")
    verb.add_argument("--rev-id", help="the id, instead of a new one")
    verb.add_argument("--splice", action="store_true", help="allow revisions that are not heads")

    def run(call: Call, options: argparse.Namespace) -> Result:
        return commands.merge(
            call.open_project(options),
            options.revisions,
            options.message,
            branch_label=options.branch_label,
            rev_id=options.rev_id,
            splice=options.splice,
            once=call.once,
        )

    return run


@declares
def _rebase(verb: Parser) -> Run:
    verb.add_argument("rev", help="the revision that gets another parent; it must not be applied")
    verb.add_argument("--onto", required=True, metavar="REV", help="the new parent, or `base` for none")
    verb.add_argument(
        "--from", dest="from_", metavar="REV", help="the parent that is replaced, where there are several"
    )
    return lambda call, options: commands.rebase(
        call.open_project(options), options.rev, options.onto, from_=options.from_
    )


@declares
def _delete(verb: Parser) -> Run:
    verb.description = "Remove the file of a revision that is not applied and that nothing comes after."
    verb.add_argument("rev", help="the revision: a head that is not applied")
    return lambda call, options: commands.delete(call.open_project(options), options.rev)


@declares
def _verify(verb: Parser) -> Run:
    verb.description = "Check the revision files; exit code 1 if something is wrong."
    verb.add_argument("--several-heads", action="store_true", help="several heads are meant to be there")
    return lambda call, options: commands.verify(
        call.open_project(options), several_heads=options.several_heads
    )


@declares
def _edit(verb: Parser) -> Run:
    verb.add_argument("rev", help="the revision whose body is replaced")
    _add_body(verb)
    _add_force(verb)

    def run(call: Call, options: argparse.Namespace) -> Result:
        body = _body(call, options)
        if body is None:
            raise UsageError(
                "`edit` needs the new body.",
                "Use %%migrate edit with the body under it, or --body FILE; `show` prints what is there.",
            )
        with _naming(options.body):
            return commands.edit(call.open_project(options), options.rev, body, force=options.force)

    return run


@declares
def _tutorial(verb: Parser) -> Run:
    verb.add_argument("directory", nargs="?", default=".", help="the folder to copy the notebooks to")
    return lambda call, options: commands.tutorial(options.directory)


@declares
def _differences(verb: Parser) -> Run:
    verb.add_argument("--all", action="store_true", help="list those too that few will meet")
    return lambda call, options: commands.differences(every=options.all)


def _add_body(verb: Parser) -> None:
    verb.add_argument(
        "--body",
        metavar="FILE",
        help="a file with what the revision does: upgrade() and downgrade(), or just the upgrade",
    )


def _add_force(verb: Parser) -> None:
    verb.add_argument(
        "--force", action="store_true", help="replace the revision's file although it was edited by hand"
    )


def _body(call: Call, options: argparse.Namespace) -> str | None:
    if options.body is None:
        return call.body
    if call.body is not None:
        raise UsageError("There are two bodies: the cell's and --body.", "Leave one out.")
    try:
        return Path(options.body).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{options.body} cannot be read: {reason(error)}.", "Check the name after --body."
        ) from error
    except UnicodeError as error:
        raise UsageError(f"{options.body} is not text in UTF-8.", "Save it as UTF-8.") from error


@contextlib.contextmanager
def _naming(file: str | None) -> Iterator[None]:
    """Say which file a body came from that is refused; a cell needs no name."""
    try:
        yield
    except (BodyError, IrreversibleError) as error:
        if file is not None:
            error.message = f"{file}: {error.message}"
        raise
