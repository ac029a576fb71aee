"""A project of Flask-Migrate, migrated in turn by `flask db` and by us."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stories.conftest import run_in

APPLICATION = """
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()

class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(40), nullable=False)

def create_app(name="shop"):
    app = Flask(name, root_path=__path__[0], instance_path=__path__[0])
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{__path__[0]}/../{name}.db"
    db.init_app(app)
    Migrate(app, db)
    return app
"""
SECOND = '''"""prices"""
from alembic import op
import sqlalchemy as sa
from flask import current_app

revision = "b2"
down_revision = "a1"
branch_labels = None
depends_on = None

def upgrade():
    assert current_app.extensions["migrate"].db
    with op.batch_alter_table("item") as batch_op:
        batch_op.add_column(sa.Column("price", sa.Integer(), server_default="0", nullable=False))

def downgrade():
    with op.batch_alter_table("item") as batch_op:
        batch_op.drop_column("price")
'''
#: Ours, with the alembic package out of reach: what Flask-Migrate itself imports must be provided.
WITHOUT = "import sys; sys.modules['alembic'] = None; from nbmigrate.cli import main; sys.exit(main())"

Flask = Callable[..., str]


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory, peer_python: Path) -> Path:
    """A folder with an application that has two revisions, the first made by Flask-Migrate; made once."""
    folder = tmp_path_factory.mktemp("flask")
    (folder / "shop").mkdir()
    (folder / "shop" / "__init__.py").write_text(APPLICATION)
    run_in(folder, peer_python, "-m", "flask", "--app", "shop", "db", "init")
    run_in(
        folder, peer_python, "-m", "flask", "--app", "shop", "db", "migrate", "-m", "items", "--rev-id", "a1"
    )
    (folder / "migrations" / "versions" / "b2_prices.py").write_text(SECOND)
    return folder


@pytest.fixture
def flask(project: Path, peer_python: Path, tmp_path: Path) -> Flask:
    """Run `flask db` in a copy of the folder."""
    shutil.copytree(project, tmp_path, dirs_exist_ok=True)
    return lambda *words: run_in(tmp_path, peer_python, "-m", "flask", "--app", "shop", "db", *words)


@pytest.fixture(params=["with alembic", "without alembic"])
def ours(
    request: pytest.FixtureRequest, peer_python: Path, run_python: Callable[..., str]
) -> Callable[..., str]:
    """Run our command there, where the alembic package is, and where it cannot be imported."""
    start = ["-m", "nbmigrate"] if request.param == "with alembic" else ["-c", WITHOUT]

    def run(*words: str, fails: bool = False) -> str:
        return run_python(peer_python, *start, "-c", "migrations/alembic.ini", *words, fails=fails)

    return run


def test_in_turn(flask: Flask, ours: Callable[..., str]) -> None:
    app = ("--app", "shop:create_app")

    assert "Now at a1" in ours(*app, "upgrade", "a1")
    assert flask("current").strip() == "a1"
    flask("upgrade", "b2")
    assert ours(*app, "current").strip() == "b2 (head)"
    assert "price" in ours(*app, "preview", "downgrade", "a1")
    assert "Now at a1" in ours(*app, "downgrade", "a1")
    flask("upgrade")
    ours(*app, "downgrade", "base")
    assert flask("current").strip() == ""


def test_another_database_by_the_factorys_argument(
    flask: Flask, ours: Callable[..., str], tmp_path: Path
) -> None:
    ours("--app", "shop:create_app('other')", "upgrade", "heads")

    assert (tmp_path / "other.db").exists()
    assert flask("current").strip() == ""


@pytest.mark.parametrize(
    ("app", "message"),
    [
        (None, "failed: it wants a current application of Flask, and there is none"),
        ("shop", "--app shop does not say which application."),
        ("shop:make_app", "--app shop:make_app: shop has no 'make_app'."),
        ("ship:create_app", "--app ship:create_app: there is no module 'ship'."),
        ("shop:__name__", "--app shop:__name__ is str, and no application of Flask."),
        ("shop:create_app(", "'create_app(' is neither a name nor a call."),
    ],
)
def test_without_the_application(
    flask: Flask, ours: Callable[..., str], app: str | None, message: str
) -> None:
    said = ours(*(("--app", app) if app else ()), "upgrade", "head", fails=True)

    assert "FAILED: " in said
    assert message in said
    assert "Traceback" not in said
    if app is None:
        assert "--app package:create_app" in said


def test_open(flask: Flask, peer_python: Path, run_python: Callable[..., str]) -> None:
    said = run_python(peer_python, "-m", "nbmigrate", "open", "migrations")

    assert said.split() == [
        "config",
        "migrations/alembic.ini",
        "script_location",
        "migrations",
        "version_locations",
        "migrations/versions",
        "revisions",
        "2",
        "heads",
        "b2",
    ]
    missing = run_python(peer_python, "-m", "nbmigrate", "open", "shop", fails=True)
    assert "There is no project in" in missing
    above = run_python(peer_python, "-m", "nbmigrate", "current", fails=True)
    assert "There is one below: open migrations, or say -c" in above
