"""The words of a command."""

import argparse
import re
from pathlib import Path

import pytest

from nbmigrate import Project
from nbmigrate.commands import signposts
from nbmigrate.commands.parser import build, parse, summaries, version_text
from nbmigrate.commands.parser.arguments import Call, TextResult
from nbmigrate.commands.verbs import GROUPS
from nbmigrate.errors import UsageError


def no_project(options: argparse.Namespace) -> Project:
    raise AssertionError("this verb needs no project")


def test_an_empty_word_is_a_value() -> None:
    assert vars(parse(["config", "tenant", ""]).options).items() >= {"value": ""}.items()


def refused(words: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        parse(words.split())
    return caught.value


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (
            "upgrad head",
            "There is no verb 'upgrad'.",
            "Did you mean 'upgrade'?\nVerbs:\n  files     config, ",
        ),
        ("Upgrad head", "There is no verb 'Upgrad'.", "Did you mean 'upgrade'?\nVerbs:\n"),
        ("--bogus", "`nbmigrate` has no option '--bogus'.", "usage: nbmigrate [-c FILE]"),
        ("-c some.ini upgrad head", "There is no verb 'upgrad'.", "Did you mean 'upgrade'?"),
        (
            "upgrade ae10 --dry-run",
            "`upgrade` has no option '--dry-run'.",
            "`preview upgrade ae10` shows what would be done, without doing it.",
        ),
        (
            "--dry-run downgrade -1",
            "`downgrade` has no option '--dry-run'.",
            "`preview downgrade -1` shows what would be done, without doing it.",
        ),
        (
            "revision --dry-run -m x",
            "`revision` has no option '--dry-run'.",
            "`preview upgrade head` shows what would be done, without doing it.",
        ),
        ("current --verbos3", "`current` has no option '--verbos3'.", "Did you mean --verbose?"),
        ("heads -c nbmigrate.ini", "-c stands after the verb.", "Write it before: nbmigrate -c ... heads"),
        ("heads extra", "`heads` has no argument 'extra'.", "usage: nbmigrate heads"),
        (
            "upgrade",
            "The following arguments are required: revision.",
            "usage: nbmigrate upgrade [-h] [--sql]",
        ),
        (
            "init x --template alembik",
            "There is no value for --template 'alembik'.",
            "Did you mean 'alembic'?",
        ),
        ("preview upgrad head", "There is no direction 'upgrad'.", "Did you mean 'upgrade'?"),
        ("table t --limit many", "Argument --limit: a whole number of rows, or `all`; not 'many'.", "usage:"),
    ],
)
def test_what_is_not_understood(words: str, message: str, hint: str) -> None:
    error = refused(words)
    assert error.message == message
    assert error.hint.startswith(hint)


def test_an_unknown_verb_lists_the_verbs_by_group() -> None:
    title, *lines = refused("xyzzy").hint.splitlines()
    assert title == "Verbs:"
    assert all(len(line) < 80 for line in lines)
    listed: dict[str, list[str]] = {}
    for word in " ".join(lines).split():
        listed.setdefault(word, []) if word in GROUPS else listed[list(listed)[-1]].append(word.rstrip(","))
    assert listed == {title: sorted(name for name, *_ in verbs) for title, verbs in GROUPS.items()}


@pytest.mark.parametrize("word", list(signposts.VERBS))
def test_a_verb_of_another_tool_gets_one_line_that_leads_to_the_right_one(word: str) -> None:
    error = refused(f"{word} head")
    assert error.message == f"There is no verb {word!r}."
    assert error.hint == signposts.VERBS[word]
    assert "\n" not in error.hint
    commands = [
        text for text in re.findall(r"`([^`]+)`", error.hint) if not text.startswith(("alembic ", "from "))
    ]
    assert commands != []
    for command in commands:
        parse(command.split())


@pytest.mark.parametrize(
    ("word", "verb"),
    [
        ("help", "-h"),
        ("status", "current"),
        ("diff", "preview"),
        ("lint", "verify"),
        ("migrate", "upgrade"),
        ("makemigrations", "revision"),
        ("rollback", "downgrade"),
        ("repair", "doctor"),
    ],
)
def test_where_a_signpost_leads(word: str, verb: str) -> None:
    assert refused(word).hint.startswith(f"`{verb}")


def test_no_signpost_hides_a_verb() -> None:
    assert set(signposts.VERBS) & set(summaries()) == set()


def test_a_typographic_quote_is_no_quote() -> None:
    error = refused("revision -m “add table”")
    assert error.message == "“add begins with a typographic quote, which does not hold words together."
    assert error.hint == 'Put straight quotes around the text: "...".'
    assert parse(["revision", "-m", "“draft” of it"]).options.message == "“draft” of it"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("downgrade -1", {"revision": "-1"}),
        ("upgrade +2", {"revision": "+2"}),
        ("history -r-3:current", {"rev_range": "-3:current"}),
        (
            "-x a=1 -x b -c some.ini -n other heads -v",
            {"x": ["a=1", "b"], "config": "some.ini", "name": "other", "verbose": True},
        ),
        ("merge a b c -m join", {"revisions": ["a", "b", "c"], "message": "join"}),
        (
            "table t --columns a,b --order-by a,c --limit all",
            {"columns": ("a", "b"), "order_by": ("a", "c"), "limit": None},
        ),
    ],
)
def test_what_is_understood(words: str, expected: dict[str, object]) -> None:
    options = vars(parse(words.split()).options)
    assert {key: options[key] for key in expected} == expected


@pytest.mark.parametrize("words", [[], ["-h"], ["--help"]])
def test_help_is_a_result(words: list[str]) -> None:
    result = parse(words)(Call(no_project))
    assert isinstance(result, TextResult)
    for verb, summary in summaries().items():
        assert verb in result.text
        assert summary.split(",")[0] in result.text


@pytest.mark.parametrize("verb", list(summaries()))
def test_every_verb_explains_itself(verb: str) -> None:
    for flag in ("-h", "--help"):
        text = str(parse([verb, flag], prog="%migrate")(Call(no_project)))
        assert text.startswith(f"usage: %migrate {verb}")
        assert text == build("%migrate")[1][verb].format_help().rstrip()


def test_version() -> None:
    assert str(parse(["--version"])(Call(no_project))) == version_text() == "nbmigrate 0.1.0"


def test_a_body_where_none_is_taken() -> None:
    with pytest.raises(UsageError, match="`heads` takes no body"):
        parse(["heads"])(Call(no_project, body="op.execute('x')"))


def test_a_body_from_a_file(empty: Project, tmp_path: Path) -> None:
    (tmp_path / "body.py").write_text("op.add_column('t', sa.Column('x', sa.Integer))\n", encoding="utf-8")
    words = parse(["revision", "-m", "x", "--rev-id", "aaaa", "--body", "body.py"])
    words(Call(lambda options: empty))
    assert "op.drop_column('t', 'x')" in empty.scripts.source(empty.graph["aaaa"])
    with pytest.raises(UsageError, match=r"nothing\.py cannot be read"):
        parse(["revision", "--body", "nothing.py"])(Call(lambda options: empty))
