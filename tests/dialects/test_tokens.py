"""Where the tokens of SQL end, by database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmigrate.database.statements.kind import Kind, ends_transaction, kind_of
from nbmigrate.database.statements.text import inlined
from nbmigrate.dialects.registry import dialect_of
from nbmigrate.dialects.statement import tidy
from nbmigrate.dialects.tokens import (
    LENIENT,
    STANDARD,
    Syntax,
    ends_in_comment,
    significant,
    tokenize,
    without_comments,
    without_quoted,
    words,
)

DATABASES = ("sqlite", "postgresql", "mysql", "duckdb", "mssql", "another")


def syntax_of(name: str) -> Syntax:
    return dialect_of(name).syntax


@pytest.mark.parametrize("name", DATABASES)
@given(text=st.text("'\"`[]$#-/*!M\\ \nEx_1.;é\xa0", max_size=30))
def test_no_character_is_lost(name: str, text: str) -> None:
    tokens = list(tokenize(text, syntax_of(name)))
    assert "".join(token.text for token in tokens) == text
    assert [text[token.start : token.end] for token in tokens] == [token.text for token in tokens]


@pytest.mark.parametrize(
    ("name", "sql", "found"),
    [
        ("postgresql", "a $$it's; $b$ $$ b", ["a", "$$it's; $b$ $$", "b"]),
        ("postgresql", "$tag$ ; $$ ; $tag$;", ["$tag$ ; $$ ; $tag$", ";"]),
        ("postgresql", "a$b$c = $1", ["a$b$c", "=", "$", "1"]),
        ("postgresql", r"E'it\'s' 'C:\' x", [r"E'it\'s'", r"'C:\'", "x"]),
        ("postgresql", "a /* b /* c */ ; */ d", ["a", "d"]),
        ("postgresql", "a #> b -- c\n d", ["a", "#", ">", "b", "d"]),
        ("postgresql", "a[1] --b", ["a", "[", "1", "]"]),
        ("duckdb", "$$;$$ 'x\\' ;", ["$$;$$", "'x\\'", ";"]),
        ("mysql", r"'it\'s' 'a''b' ;", [r"'it\'s'", "'a''b'", ";"]),
        ("mysql", r'"say \";\"" ;', [r'"say \";\""', ";"]),
        ("mysql", "a # b;\n c -- d;\n e--1 --", ["a", "c", "e", "-", "-", "1"]),
        (
            "mysql",
            "/* a */ /*!50003 b */ /*M!100000 c */",
            ["/*!", "50003", "b", *"*/", "/*M!", "100000", "c", *"*/"],
        ),
        ("mysql", "s.2fa 1e5 0x1F 3.5 `a``;`", ["s", ".", "2fa", "1e5", "0x1F", "3.5", "`a``;`"]),
        ("sqlite", '[a;b] `c;``d` "e;""" x\'00FF\'', ["[a;b]", "`c;``d`", '"e;"""', "x'00FF'"]),
        ("sqlite", "'C:\\' # 'b'", ["'C:\\'", "#", "'b'"]),
        ("sqlite", "a /* open ; ' ", ["a"]),
        ("mssql", "[a]]b", ["[a]", "]", "b"]),
        ("another", r"'a\'b' $$;$$ # c", [r"'a\'b'", "$$;$$"]),
    ],
)
def test_where_tokens_end(name: str, sql: str, found: list[str]) -> None:
    assert [token.text for token in significant(sql, syntax_of(name))] == found


@pytest.mark.parametrize(
    ("sql", "kinds"),
    [
        ("a 'b' \"c\" 1.5e-3 -- d", ["word", "string", "quoted", "number", "comment"]),
        ("x'0F' été + .5", ["blob", "word", "sign", "number"]),
        ("'open", ["sign", "word"]),
    ],
)
def test_kinds_of_tokens(sql: str, kinds: list[str]) -> None:
    assert [token.kind for token in tokenize(sql) if token.kind != "space"] == kinds


def test_words_are_in_capitals_and_what_is_quoted_is_not() -> None:
    assert list(words("select 'a' from \"t\" -- b")) == ["SELECT", "'a'", "FROM", '"t"']
    assert list(words("Select a", capitals=False)) == ["Select", "a"]


def test_what_a_text_is_without_comments_and_quotes() -> None:
    assert without_comments("a/* 'b */'--c'--d") == "a '--c' "
    assert without_quoted("DROP TABLE x -- 'y\n; 'DELETE'") == "DROP TABLE x  \n;  '' "


@pytest.mark.parametrize(
    ("sql", "syntax", "ends"),
    [
        ("SELECT 1 -- why", STANDARD, True),
        ("SELECT '-- why'", STANDARD, False),
        ("SELECT 1 /* -- why */", STANDARD, False),
        ("SELECT '\n--'", STANDARD, False),
        ("SELECT 1 # why", LENIENT, True),
        ("SELECT 1 # 2", syntax_of("postgresql"), False),
        ("SELECT 1--2", syntax_of("mysql"), False),
    ],
)
def test_whether_a_comment_would_take_what_follows(sql: str, syntax: Syntax, ends: bool) -> None:
    assert ends_in_comment(sql, syntax) is ends


@pytest.mark.parametrize(
    ("name", "sql", "ends"),
    [
        ("postgresql", r"SELECT 'C:\'; COMMIT; SELECT '\'", True),
        ("postgresql", "SELECT a #> '{b}' FROM t; COMMIT", True),
        ("postgresql", r"SELECT E'it\'; COMMIT; SELECT \''", False),
        ("postgresql", "SELECT $x$; COMMIT; $x$", False),
        ("postgresql", "SELECT 1 /* /* */ ; COMMIT */", False),
        ("postgresql", "SELECT 1; # COMMIT", False),
        ("sqlite", "SELECT [a;COMMIT;b]", False),
        ("sqlite", r"SELECT '\'; COMMIT", True),
        ("sqlite", "CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM u; END", False),
        ("mysql", "SELECT 1 # ; COMMIT", False),
        ("mysql", r"SELECT 'it\'s; COMMIT;'", False),
        ("mysql", "CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW BEGIN SET @a = 1; END", False),
    ],
)
def test_what_ends_a_transaction_by_database(name: str, sql: str, ends: bool) -> None:
    dialect = dialect_of(name)
    assert ends_transaction(sql, ddl_commits=dialect.ddl_commits, syntax=dialect.syntax) is ends


def test_several_statements_are_told_from_one_by_the_database() -> None:
    sql = r"INSERT INTO t VALUES ('\'); DROP TABLE u; -- ')"
    of_mysql, of_sqlite = syntax_of("mysql"), syntax_of("sqlite")
    assert kind_of(sql, ddl_commits=True, syntax=of_mysql) is Kind.TRANSACTIONAL
    assert kind_of(sql, ddl_commits=True, syntax=of_sqlite) is Kind.NON_TRANSACTIONAL


@pytest.mark.parametrize(
    ("style", "sql", "values", "shown"),
    [
        ("qmark", "SELECT '?', \"?\", ? -- ?", (1,), "SELECT '?', \"?\", 1 -- ?"),
        ("named", "SELECT ':a', :a /* :a */, b::int", {"a": "x"}, "SELECT ':a', 'x' /* :a */, b::int"),
        ("format", "SELECT '%%s', %s", (1,), "SELECT '%s', 1"),
        ("pyformat", "SELECT '%(a)s', %(a)s", {"a": None}, "SELECT '%(a)s', NULL"),
        ("numeric_dollar", "SELECT '$1', $2::VARCHAR, $1", (1, 2), "SELECT '$1', 2, 1"),
    ],
)
def test_placeholders_outside_of_quotes_and_comments(
    style: str, sql: str, values: object, shown: str
) -> None:
    assert inlined(sql, values, style) == shown


def test_a_quote_in_a_comment_begins_no_string() -> None:
    assert (
        tidy("-- it's   \n\tSELECT 'a  \n' /* it's  \n\t*/\n\t;")
        == "-- it's\n    SELECT 'a  \n' /* it's\n    */"
    )
