"""A password is in no result, no error, no traceback, and on no terminal."""

import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from nbmigrate import Project, commands
from nbmigrate.commands.results.result import Result
from nbmigrate.commands.results.tracebacks import traceback_text
from nbmigrate.config import double_percent
from nbmigrate.errors import ConnectionFailedError, MigrateError

MakeProject = Callable[..., Project]

ENCODED = "s3cr3t%40x"
SECRETS = (ENCODED, "s3cr3t@x", "s3cr3t%%40x", quote(ENCODED), "cr3t")
BODY = "op.create_table('t', sa.Column('id', sa.Integer))\n"

#: Urls that lead nowhere, each with the password where a driver, or a parser, might show it.
URLS = [
    f"nothing://me:{ENCODED}@127.0.0.1/test",
    f"postgres://me:{ENCODED}@127.0.0.1/test",
    f"postgresql+nothing://me:{ENCODED}@127.0.0.1/test",
    f"oracle://me:{ENCODED}@127.0.0.1/test",
    f"mysql+pymysql://me:{ENCODED}@127.0.0.1:1/test",
    f"mysql+pymysql://me:{ENCODED}@127.0.0.1:port/test",
    f"mysql+pymysql://127.0.0.1:1/test?user=me&password={ENCODED}",
    f"postgresql+psycopg://me:{ENCODED}@127.0.0.1:1/test",
    f"postgresql+psycopg://127.0.0.1:1/test?user=me&password={ENCODED}",
    "mysql+pymysql://me:s3cr3t@x@127.0.0.1:1/test",
    "mysql+pymysql://me:a@s3cr3t@127.0.0.1:1/test",
    "mysql+pymysql://me:a@b:s3cr3t@127.0.0.1:1/test",
    "postgresql+psycopg://me:a@s3cr3t@127.0.0.1:1/test",
    f"sqlite:///nowhere/x.db?password={ENCODED}",
    f"me:{ENCODED}@127.0.0.1",
]


def texts_of_result(result: Result) -> Iterator[str]:
    yield from (
        str(result),
        repr(result),
        result.to_html(),
        result.to_frame().to_string(),
        repr(result.rows()),
    )
    yield from result._repr_mimebundle_().values()
    yield from result.notes


def texts_of_error(error: MigrateError) -> Iterator[str]:
    yield from (str(error), repr(error), error.message, error.hint, repr(error.args), repr(vars(error)))
    yield from error._render_traceback_()
    yield traceback_text(error)
    yield "".join(traceback.format_exception(error, chain=True))


def everything(project: Project, url: str) -> Iterator[str]:
    """Every text of every command on a project whose url has a password in it."""
    yield repr(project) + repr(project.config)
    calls: list[Callable[[], Result]] = [
        lambda: commands.config(project, "sqlalchemy.url", url),
        lambda: commands.config(project, "sqlalchemy.url", url, force=True),
        lambda: commands.config(project, "sqlalchemy.url", url, force=True),
        lambda: commands.config(project),
        lambda: commands.config(project, "sqlalchemy.url"),
        lambda: commands.config(project, "sqlalchemy.ur"),
        lambda: commands.revision(project, "one", body=BODY, rev_id="0001"),
        lambda: commands.revision(project, "one", body=BODY.replace("'t'", "'u'"), rev_id="0001"),
        lambda: commands.heads(project),
        lambda: commands.history(project, indicate_current=True),
        lambda: commands.show(project, "current"),
        lambda: commands.current(project),
        lambda: commands.current(project, verbose=True),
        lambda: commands.graph(project, current=True),
        lambda: commands.tables(project),
        lambda: commands.table(project, "t"),
        lambda: commands.schema(project, "t"),
        lambda: commands.upgrade(project, "head"),
        lambda: commands.downgrade(project, "base"),
        lambda: commands.edit(project, "0001", BODY),
        lambda: commands.init("practice", url=url),
    ]
    for call in calls:
        try:
            yield from texts_of_result(call())
        except MigrateError as error:
            yield from texts_of_error(error)


@pytest.mark.parametrize("url", URLS, ids=range(len(URLS)))
def test_in_a_notebook(make_project: MakeProject, url: str) -> None:
    texts = list(everything(make_project(), url))
    assert len(texts) > 100
    assert [text for text in texts if any(secret in text for secret in SECRETS)] == []


@pytest.mark.parametrize(
    ("words", "url"),
    [
        (["config"], URLS[11]),
        (["config", "sqlalchemy.url", URLS[10]], URLS[4]),
        (["graph"], URLS[7]),
        (["--raiseerr", "current", "-v"], URLS[11]),
        (["--raiseerr", "upgrade", "head"], URLS[5]),
    ],
    ids=range(5),
)
def test_in_a_terminal(make_project: MakeProject, tmp_path: Path, words: list[str], url: str) -> None:
    project = make_project()
    commands.revision(project, "one", body=BODY)
    commands.config(project, "sqlalchemy.url", url, force=True)
    done = subprocess.run(
        [sys.executable, "-m", "nbmigrate", *words],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert done.stdout + done.stderr
    assert [secret for secret in SECRETS if secret in done.stdout + done.stderr] == []


def test_other_secrets_of_the_ini(make_project: MakeProject) -> None:
    project = make_project()
    for _ in range(2):
        for key in ("db_password", "api.token", "client_secret"):
            for text in texts_of_result(commands.config(project, key, "s3cr3t and more cr3t", force=True)):
                assert "cr3t" not in text
                assert "and more" not in text
    assert all("cr3t" not in text for text in texts_of_result(commands.config(project)))


def test_a_password_of_the_environment(make_project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", ENCODED)
    project = make_project()
    url = "mysql+pymysql://me:%(SHOP_PASSWORD)s@127.0.0.1:1/test"
    texts = list(everything(project, url))
    assert any("SHOP_PASSWORD" in text for text in texts)
    assert [text for text in texts for secret in SECRETS if secret in text] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PWD", "{folder}"),
        ("OLDPWD", "{folder}"),
        ("DB_PASSWORD_FILE", "{folder}/settings.toml"),
        ("TOKENIZERS_PARALLELISM", "settings"),
        ("MY_TOKEN", "settings"),
        ("MY_SECRET", "toml"),
        ("SHOP_PW", "404040"),
    ],
)
def test_what_is_no_password_is_shown(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    project = make_project()
    monkeypatch.setenv(name, value.format(folder=tmp_path))
    monkeypatch.setenv("REAL_PASSWORD", "zq7kx@1")
    path = tmp_path / "settings.toml"
    project.scripts.location.joinpath("env.py").write_text(
        f"import os\nraise FileNotFoundError(404040, {f'{path} '!r} + os.environ['REAL_PASSWORD'])\n"
    )
    with pytest.raises(MigrateError) as caught:
        commands.current(project)
    for text in texts_of_error(caught.value):
        assert "zq7kx" not in text
    assert f"failed: FileNotFoundError: [Errno 404040] {path} ***" in caught.value.message


def test_a_statement_with_the_password(make_project: MakeProject) -> None:
    project = make_project()
    commands.config(project, "sqlalchemy.url", f"sqlite:///db_file.db?password={ENCODED}")
    body = "def upgrade():\n    op.execute(\"SELECT nothing('s3cr3t@x')\")\ndef downgrade():\n    pass\n"
    commands.revision(project, "one", body=body)
    with pytest.raises(MigrateError) as caught:
        commands.upgrade(project, "head")
    assert "s3cr3t@x" not in str(caught.value)


def test_a_wrong_password(make_project: MakeProject, server_url: Callable[[str], sa.URL]) -> None:
    engine = sa.create_engine(server_url("mariadb"), poolclass=sa.NullPool)
    name = "nbmigrate_secret"
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP USER IF EXISTS {name}@'%%'")
        connection.exec_driver_sql(f"CREATE USER {name}@'%%' IDENTIFIED BY 'another'")
    try:
        project = make_project()
        place = engine.url.set(username=name, password="s3cr3t@x").render_as_string(hide_password=False)
        assert ENCODED in place
        for text in everything(project, place):
            assert [secret for secret in SECRETS if secret in text] == []
        with pytest.raises(ConnectionFailedError) as caught:
            commands.current(project)
        assert caught.value.message.startswith(
            f"The database cannot be reached: Access denied for user '{name}'@"
        )
        assert (
            caught.value.hint == "Check the host, the user, the password and the database in sqlalchemy.url."
        )
        assert double_percent(ENCODED) in Path("nbmigrate.ini").read_text(encoding="utf-8")
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP USER {name}@'%%'")
