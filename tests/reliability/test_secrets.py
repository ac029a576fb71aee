"""No password is shown: whatever is in it, wherever it stands, whether the server takes it or not, by every front."""

import contextlib
import html
import json
import logging
import shlex
import traceback
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import sqlalchemy as sa
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from ipywidgets import Widget
from traitlets.config import Config as Settings

from nbmigrate import cli, commands
from nbmigrate.commands.parser import summaries
from nbmigrate.commands.results.result import Result
from nbmigrate.errors import MigrateError
from nbmigrate.notebook.explorer.explorer import Explorer

#: What every piece of every password has in it, so that a piece that is shown is found too.
CORE = "zq7kx"
PASSWORDS = {
    "plain": f"{CORE}secret{CORE}",
    "encoded": f"{CORE}%41@{CORE}/{CORE}:{CORE}?{CORE}#{CORE}",
    "quotes": f"{CORE}'{CORE}\"{CORE} {CORE}`{CORE}",
    "unicode": f"{CORE}ü€{CORE}%%{CORE}&{CORE}={CORE};{CORE}",
}
BODY = "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True))\n"
TABLE = """
def upgrade():
    op.create_table('nothing', sa.Column('id', sa.Integer))
    op.execute('SELECT nothing_at_all()')

def downgrade():
    pass
"""

ENGINE = """
from nbmigrate import context
import os
import sqlalchemy as sa

{before}
engine = {engine}
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""

#: For every verb, words that it is run with, in this order.
WORDS: Mapping[str, Sequence[str]] = {
    "init": ["init another --url {url}"],
    "list_templates": ["list_templates"],
    "config": ["config", "config sqlalchemy.url", "config sqlalchemy.ur"],
    "revision": [
        "revision -m one --rev-id a1",
        "revision -m one --rev-id a1",
        "revision -m b --head a1 --rev-id b2",
    ],
    "merge": ["merge a1 b2"],
    "verify": ["verify"],
    "open": ["open ."],
    "heads": ["heads -v"],
    "history": ["history -v -i"],
    "branches": ["branches"],
    "show": ["show current", "show a1"],
    "graph": ["graph", "graph -i"],
    "current": ["current", "current -v"],
    "preview": ["preview upgrade head"],
    "upgrade": ["upgrade a1", "upgrade head --sql", "upgrade head"],
    "stamp": ["stamp a1", "stamp head --sql"],
    "ensure_version": ["ensure_version"],
    "doctor": ["doctor"],
    "resume": ["resume"],
    "abandon": ["abandon"],
    "tables": ["tables"],
    "table": ["table t", "table t --where nothing=1"],
    "schema": ["schema nothing"],
    "edit": ["edit b2 --body body.py", "edit b2 --body body.py --force"],
    "rebase": ["rebase b2 --onto base"],
    "delete": ["delete b2"],
    "explore": ["explore"],
    "log": ["log", "log a1"],
    "downgrade": ["downgrade base", "downgrade a1:base --sql"],
    "tutorial": ["tutorial lessons"],
    "differences": ["differences"],
}


def spellings(password: str) -> set[str]:
    plain = {password, CORE}
    plain |= {quote(password), quote(password, safe=""), quote_plus(password), repr(password)[1:-1]}
    plain |= {html.escape(password), json.dumps(password)[1:-1], password.replace("%", "%%")}
    return plain | {quote(text, safe="") for text in plain}


@dataclass(frozen=True)
class Place:
    """Where the password stands: an url for the ini, or a text for env.py, or words."""

    url: str = "sqlite:///db.db"
    before: str = ""
    engine: str = ""
    variable: str = ""
    x: str = ""


def places(password: str, url: sa.URL) -> dict[str, Place]:
    """Return the places; `url` has the server, the user and the database."""
    whole = url.set(password=password).render_as_string(hide_password=False)
    name = url.drivername
    me, host, port, database = url.username, url.host, url.port, url.database
    raw = f"{name}://{me}:{password}@{host}:{port}/{database}".replace("%", "%%")
    plain = f"{name}://{me}@{host}:{port}/{database}"
    made = f"sa.URL.create({name!r}, {me!r}, {password!r}, {host!r}, {port}, {database!r})"
    x = "context.get_x_argument(as_dictionary=True)"
    value = quote(password, safe="").replace("%", "%%")
    return {
        "url": Place(url=whole.replace("%", "%%")),
        "raw url": Place(url=raw),
        "query": Place(url=f"{name}://{host}:{port}/{database}?user={me}&password={value}"),
        "token": Place(url=f"{plain}?token={value}&x=a@b"),
        "query and at": Place(url=f"{whole.replace('%', '%%')}?application_name=a@b"),
        "sslpassword": Place(url=f"{plain}?sslpassword={value}"),
        "variable": Place(
            url=f"{name}://{me}:%(SHOP_PW)s@{host}:{port}/{database}", variable=quote(password, safe="")
        ),
        "raw variable": Place(url=f"{name}://{me}:%(SHOP_PW)s@{host}:{port}/{database}", variable=password),
        "literal": Place(engine=f"sa.create_engine({whole!r}, poolclass=sa.NullPool)"),
        "lines": Place(engine=f"sa.create_engine(\n    {made},\n    poolclass=sa.NullPool,\n)"),
        "one line": Place(engine=f"sa.create_engine({made}, poolclass=sa.NullPool)"),
        "connect_args": Place(
            engine=f"sa.create_engine({plain!r}, connect_args={{'password': {password!r}}}, poolclass=sa.NullPool)"
        ),
        "in a with": Place(
            before=f"with sa.create_engine({made}, poolclass=sa.NullPool).connect() as first: pass",
            engine="sa.create_engine('sqlite://')",
        ),
        "environ": Place(
            before="import os; words = os.environ['SHOP_PW']",
            variable=password,
            engine=f"sa.create_engine({plain!r}, connect_args={{'password': words}}, poolclass=sa.NullPool)",
        ),
        "environ raw": Place(
            variable=password,
            engine=f"sa.create_engine('{name}://{me}:' + os.environ['SHOP_PW'] + '@{host}:{port}/{database}')",
        ),
        "environ refused": Place(
            variable=password, before="raise RuntimeError('no ' + os.environ['SHOP_PW'])", engine="None"
        ),
        "x": Place(
            x=f"db_password={password}",
            engine=f"sa.create_engine(sa.make_url({plain!r}).set(password={x}['db_password']), poolclass=sa.NullPool)",
        ),
        "x refused": Place(x=f"pass={password}", before=f"{x}[{x}['pass']]", engine="None"),
        "x url": Place(x=f"url={whole}", engine=f"sa.create_engine({x}['url'], poolclass=sa.NullPool)"),
        "syntax": Place(before=f"password = {password!r} +* 1", engine="None"),
        "raised": Place(before=f"connect = lambda *a: 1 / 0; connect({me!r}, {password!r})", engine="None"),
    }


@pytest.fixture(scope="module")
def accepting(server_url: Callable[[str], sa.URL]) -> Iterator[Mapping[str, Mapping[str, sa.URL]]]:
    """Urls with users who come in: on PostgreSQL, where any password is taken, and on MariaDB, one user for each."""
    urls: dict[str, dict[str, sa.URL]] = {"postgresql": {}, "mariadb": {}}
    run = uuid.uuid4().hex[:8]
    with contextlib.ExitStack() as closing:
        for server, statements in (
            ("postgresql", ["CREATE ROLE {me} LOGIN", "CREATE DATABASE {me} OWNER {me}"]),
            (
                "mariadb",
                [
                    "CREATE USER {me}@'%' IDENTIFIED BY {password}",
                    "CREATE DATABASE {me}",
                    "GRANT ALL ON {me}.* TO {me}@'%'",
                ],
            ),
        ):
            url = server_url(server)
            admin = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
            connection = closing.enter_context(admin.connect())
            person = "ROLE" if server == "postgresql" else "USER"
            for number, (name, password) in enumerate(PASSWORDS.items()):
                me = f"nbm_{run}_{number}"
                ends = [f"DROP DATABASE IF EXISTS {me}", f"DROP {person} IF EXISTS {me}"]
                literal = "'" + password.replace("'", "''") + "'"
                for statement in [*ends, *statements]:
                    text = statement.format(me=me, password=literal)
                    connection.exec_driver_sql(text.replace("%", "%%"))
                for statement in reversed(ends):
                    closing.callback(connection.exec_driver_sql, statement)
                urls[server][name] = url.set(username=me, database=me, password=None)
        yield urls


#: Servers that do not let anybody in: nobody listens there, or the user is not known.
REFUSING = {
    "nobody": sa.make_url("postgresql+psycopg://nbm_me@127.0.0.1:1/shop"),
    "no mariadb": sa.make_url("mysql+pymysql://nbm_me@127.0.0.1:1/shop"),
}


@pytest.fixture
def shell() -> Iterator[Any]:
    settings = Settings()
    settings.HistoryManager.enabled = False
    shell: Any = InteractiveShell.instance(config=settings)
    shell.colors = "nocolor"
    shell.run_line_magic("load_ext", "nbmigrate")
    yield shell
    shell.restore_sys_module_state()
    InteractiveShell.clear_instance()


@dataclass
class Seen:
    """Everything that was shown, and by what."""

    texts: list[tuple[str, str]]

    def take(self, by: str, *texts: object) -> None:
        self.texts += [(by, text if isinstance(text, str) else repr(text)) for text in texts]

    def result(self, by: str, result: object) -> None:
        if isinstance(result, Result):
            self.take(by, str(result), repr(result), result.to_html(), result.rows(), result.notes)
            self.take(by, *result._repr_mimebundle_().values(), result.to_frame().to_string())
        elif isinstance(result, Explorer):
            self.explorer(by, result)
        elif hasattr(result, "to_html"):
            self.take(by, result.to_html(), repr(result))

    def error(self, by: str, error: BaseException | None) -> None:
        if isinstance(error, MigrateError):
            self.take(by, str(error), repr(error), error.args, vars(error), *error._render_traceback_())
            self.take(by, "".join(traceback.format_exception_only(error)))

    def explorer(self, by: str, explorer: Explorer) -> None:
        for index in range(5):
            explorer.panels.tabs.selected_index = index
            for revision in ("a1", "b2"):
                explorer.select(revision)
        explorer.press("up")
        explorer.press("yes")
        explorer.press("down")
        explorer.press("refresh")
        explorer.save_html("page.html")
        self.take(f"{by}: page", Path("page.html").read_text(encoding="utf-8"))
        self.error(f"{by}: last_error", explorer.last_error)
        data, metadata = explorer._repr_mimebundle_()
        self.take(by, repr(explorer), repr(explorer.model), *map(str, data.values()), metadata)
        for widget in [explorer.graph, explorer.row, *_widgets(explorer.widget)]:
            self.take(f"{by}: {type(widget).__name__}", str(widget.get_state()))

    def leaks(self, password: str) -> list[tuple[str, str]]:
        found = []
        for by, text in self.texts:
            for spelling in spellings(password):
                if spelling in text:
                    at = text.index(spelling)
                    found.append((by, text[max(0, at - 100) : at + 60]))
                    break
        return found


def _widgets(widget: Widget) -> Iterator[Widget]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _widgets(child)


@pytest.fixture
def seen(caplog: pytest.LogCaptureFixture) -> Seen:
    caplog.set_level(logging.DEBUG)
    return Seen([])


def project_at(folder: Path, place: Place) -> None:
    """Make a project in the folder, with the password in its place."""
    commands.init("practice", url="sqlite:///db.db")
    ini = folder / "nbmigrate.ini"
    before = ini.read_text(encoding="utf-8")
    after = before.replace("sqlalchemy.url = sqlite:///db.db", f"sqlalchemy.url = {place.url}")
    ini.write_text(after, encoding="utf-8")
    assert place.url == "sqlite:///db.db" or after != before
    if place.engine:
        source = ENGINE.format(before=place.before, engine=place.engine)
        (folder / "practice" / "env.py").write_text(source, encoding="utf-8")
    (folder / "body.py").write_text(TABLE)
    (folder / "first.py").write_text(BODY)


def every_word(url: str) -> Iterator[str]:
    for verb, lines in WORDS.items():
        for words in lines:
            words = words.replace("{url}", repr(url) if "'" not in url else json.dumps(url))
            if verb == "revision":
                words += " --body first.py" if "a1" in words and "--head" not in words else " --body body.py"
            yield words


def run_everything(shell: Any, seen: Seen, place: Place) -> None:
    """Run every verb by magics, by the command line, and by Python."""
    x = ["-x", place.x] if place.x else []

    def line_of(words: Sequence[str]) -> str:
        return " ".join(map(shlex.quote, words))

    for number, text in enumerate(every_word(place.url.replace("%%", "%"))):
        words = [*x, *shlex.split(text)]
        # One front says it short and the other at length, in turn.
        long = number % 2 == 0
        shell.run_line_magic("config", f"MigrateMagics.short_errors = {not long}")
        with capture_output() as caught:
            ran = shell.run_cell(f"%migrate {line_of(words)}")
        by = f"%migrate {text[:30]}" + " long" * long
        seen.take(by, caught.stdout, caught.stderr, *(str(out.data) for out in caught.outputs))
        seen.result(by, ran.result)
        seen.error(by, ran.error_in_exec)
        with capture_output() as caught:
            cli.main(words if long else ["--raiseerr", *words])
        seen.take(f"nbmigrate {text[:30]}" + " long" * (not long), caught.stdout, caught.stderr)


def check(seen: Seen, caplog: pytest.LogCaptureFixture, password: str) -> None:
    for record in caplog.records:
        # What SQLAlchemy logs at DEBUG of its own is the user's to switch on.
        seen.take(f"log {record.name}", record.getMessage(), record.exc_text or "")
    assert len(seen.texts) > 100
    leaks = seen.leaks(password)
    assert leaks == [], f"{len(leaks)} leaks"


SERVERS = [*REFUSING, "postgresql", "mariadb"]
NAMES = list(places("x", sa.make_url("x+y://a@b:1/c")))
#: Each place at one server, each server with every kind of place, and those that are read first at all of them.
CASES = [
    (name, SERVERS[number % len(SERVERS)], list(PASSWORDS)[(number // 4 + number) % 4])
    for number, name in enumerate(NAMES)
]
CASES += [
    (name, server, "encoded") for name in ("raw url", "environ raw") for server in ("nobody", "mariadb")
]


def test_every_verb_is_run() -> None:
    assert set(WORDS) == set(summaries())


@pytest.mark.parametrize(("name", "server", "kind"), CASES)
def test_by_every_front(
    shell: Any,
    seen: Seen,
    caplog: pytest.LogCaptureFixture,
    accepting: Mapping[str, Mapping[str, sa.URL]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    server: str,
    kind: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    password = PASSWORDS[kind]
    url = REFUSING[server] if server in REFUSING else accepting[server][kind]
    place = places(password, url)[name]
    if place.variable:
        monkeypatch.setenv("SHOP_PW", place.variable)
    project_at(tmp_path, place)
    run_everything(shell, seen, place)
    check(seen, caplog, password)
