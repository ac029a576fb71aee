"""Names of revision files and ids; the slugs are what Alembic 1.20 makes of the same messages."""

from datetime import UTC, datetime

import pytest

from nbmigrate.errors import ConfigError, GraphError
from nbmigrate.scripts.writing.file_names import check_id, check_label, file_name, slug

DATE = datetime(2021, 6, 2, 3, 8, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (None, ""),
        ("", ""),
        ("!!! 🎉\n", ""),
        ("first example", "first_example"),
        ("Ünïcode Straße İstanbul", "ünïcode_straße_i̇stanbul"),
        ("a" * 40, "a" * 40),
        ("a" * 41, "a" * 40 + "_"),
        ("a " * 30, "a_" * 20),
        ("word" * 9 + " abc def", "word" * 9 + "_"),
        ("x" * 38 + " yz", "x" * 38 + "_"),
        ("日本語 の", "日本語_の"),
        ("don't stop", "don_t_stop"),
        ("__a__ b", "__a___b"),
        ("a-b.c/d\\e", "a_b_c_d_e"),
        ("ab " + "c" * 37 + " d", "ab_"),
        ("ab " + "c" * 36 + " d", "ab_" + "c" * 36 + "_"),
        ("²³ ½", "²³_½"),
    ],
)
def test_slug(message: str | None, expected: str) -> None:
    assert slug(message, 40) == expected


def test_a_long_message_makes_a_short_name() -> None:
    name = file_name("%(rev)s_%(slug)s", "a" * 32, slug("é" * 10_000, 40), DATE)
    assert name == "a" * 32 + "_" + "é" * 40 + "_.py"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("%(rev)s_%(slug)s", "ab_x.py"),
        (
            "%(year)d/%(month).2d/%(day).2d_%(hour).2d%(minute).2d%(second).2d-%(epoch)s",
            "2021/06/02_030806-1622603286.py",
        ),
    ],
)
def test_file_name(template: str, expected: str) -> None:
    assert file_name(template, "ab", "x", DATE) == expected


@pytest.mark.parametrize("template", ["%(revision)s", "%(rev)q", "%s %s", "%(slug)d"])
def test_a_wrong_template(template: str) -> None:
    with pytest.raises(ConfigError, match="cannot be filled in") as caught:
        file_name(template, "ab", "x", DATE)
    assert caught.value.hint == "Its tokens are: rev, slug, epoch, year, month, day, hour, minute, second."


def test_a_name_too_long_for_a_file() -> None:
    with pytest.raises(ConfigError, match="is too long"):
        file_name("%(rev)s_%(slug)s", "ab", "x" * 250, DATE)


@pytest.mark.parametrize(
    "id_",
    [
        "a@b",
        "a-b",
        "a+b",
        "a:b",
        "a b",
        "a\n",
        "a/b",
        "a\\b",
        "..",
        ".#a",
        "",
        "__init__",
        "a" * 33,
        "a\0b",
        "a|b",
    ],
)
def test_ids_that_are_refused(id_: str) -> None:
    with pytest.raises(GraphError) as caught:
        check_id(id_)
    assert caught.value.revisions == (id_,)


@pytest.mark.parametrize("id_", ["a", "0001", "29cf196546aa", "a" * 32, "größe", "v1.2", "it's", "a_b"])
def test_ids_that_are_taken(id_: str) -> None:
    check_id(id_)


def test_the_message_names_the_characters() -> None:
    with pytest.raises(GraphError) as caught:
        check_id("a@b-c@")
    assert caught.value.message == "Character(s) '@-' not allowed in revision identifier 'a@b-c@'."


@pytest.mark.parametrize("label", ["", "a@b", "a b", "x/y", "head", "base"])
def test_labels_that_are_refused(label: str) -> None:
    with pytest.raises(GraphError, match="branch label"):
        check_label(label)
