import pytest

from nbmigrate.database.tables.rows import checked_condition
from nbmigrate.errors import UsageError

GOOD = [
    "id = 1",
    "lastname = 'Marsh' and (id < 10 or id in (11, 12))",
    "name = 'it''s; --'",
    '"odd ; name" = 1',
    "name like '100%'",
    "at > '2020-01-01 10:00:00'",
    "name = ''",
    "a - -1 > 0",
]
BAD = {
    "1=1); DROP TABLE customer; --": "its parentheses do not match",
    "id = 1; DROP TABLE customer": "it holds a semicolon",
    "id = 1 -- all": "it holds a comment",
    "id = 1 /* all */": "it holds a comment",
    "(id = 1": "its parentheses do not match",
    "id = 1)) or ((1": "its parentheses do not match",
    "name = 'open": "a ' has no other that ends it",
    "name = '\\'; DROP TABLE customer; --'": "it holds a backslash before a quote",
    "name = E'\\'' or '' = '": "it holds a backslash before a quote",
    "name = $$'$$; DROP TABLE customer; select '": "it holds a dollar quote",
    "name = $a$'$a$": "it holds a dollar quote",
    "  ": "it is empty, or holds a zero byte",
    "id = 1\0": "it is empty, or holds a zero byte",
}


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mysql"])
@pytest.mark.parametrize("text", GOOD)
def test_one_expression_is_taken(text: str, dialect: str) -> None:
    assert checked_condition(text, dialect) == text


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mysql"])
@pytest.mark.parametrize("text", BAD)
def test_what_could_be_more_is_not(text: str, dialect: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked_condition(text, dialect)

    assert caught.value.message == f"The condition cannot be used: {BAD[text]}."


def test_what_is_a_comment_or_a_quote_in_some_databases_only() -> None:
    assert checked_condition("a # b", "postgresql") == "a # b"
    assert checked_condition("`odd name` = 1", "mysql") == "`odd name` = 1"
    with pytest.raises(UsageError, match="it holds a comment"):
        checked_condition("a # b", "mysql")
    with pytest.raises(UsageError, match="a backtick is no quote here"):
        checked_condition("`odd name` = 1", "postgresql")
