"""The words of a command."""

import argparse
from pathlib import Path

import pytest

from nbmigrate import Project
from nbmigrate.commands.parser import build, parse, summaries, version_text
from nbmigrate.commands.words import Call, TextResult
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
        ("upgrad head", "There is no verb 'upgrad'.", "Did you mean 'upgrade'? Valid: init, list_templates,"),
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
