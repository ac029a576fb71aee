"""Histories of revisions that other people made, in packages on the package index."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class History:
    """A package, and where in it its migrations are.

    Parameters
    ----------
    name, version
        The package, as the index has it.
    databases
        What its migrations run on, each with the driver that they want.
    location
        The folder with its env.py, in the package's site-packages.
    requirements
        What is installed besides: drivers, and what the package does not say that it needs.
    without
        Requirements of the package that its migrations do not import; most are large.
    ini
        Its own alembic.ini, where that can be used as it is; else one is written that names `location` and a url.
    versions
        The folder of its revisions for each database, where there are several.
    url_variable
        The environment variable that it takes the url from, where its alembic.ini does not say it.
    begin
        Python that makes the tables which its first revision finds, given the name `engine`.
    in_worker_thread
        Whether its env.py asks the event loop of another thread, as its server does.
    unfilled
        Tables that are given no rows of ours: its data migrations read there what only its server writes.
    values
        What columns, as "table.column", may have, and must, where the database does not say it and a data migration
        asks; () where anything does.
    floors
        The revision below which alembic cannot go down, for a database where there is one.
    stride
        How many revisions are between two looks at the databases.
    sparse
        Whether every other row has NULL wherever it may; where not, a way down makes such columns NOT NULL again.
    """

    name: str
    version: str
    databases: Mapping[str, str]
    location: str
    requirements: tuple[str, ...] = ()
    without: frozenset[str] = frozenset()
    ini: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    url_variable: str | None = None
    begin: str = ""
    in_worker_thread: bool = False
    unfilled: frozenset[str] = frozenset()
    values: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    floors: Mapping[str, str] = field(default_factory=dict)
    stride: int = 10
    sparse: bool = True

    @property
    def requirement(self) -> str:
        """The package with its version, as pip wants it."""
        return f"{self.name}=={self.version}"

    def folder(self, packages: Path, database: str) -> Path:
        """Return the folder of its revisions for a database, given its site-packages."""
        return packages / self.location / "versions" / self.versions.get(database, "")


def _distribution(name: str) -> str:
    return f'{{"name": "{name}", "attributes": {{"low": 0.5, "high": 2.0}}}}'


_DRIVERS = ("psycopg[binary]", "pymysql", "cryptography")

HISTORIES = {
    history.name: history
    for history in (
        History(
            name="prefect",
            version="3.9.1",
            databases={"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"},
            location="prefect/server/database/_migrations",
            # It wants certificates of the last weeks; the others are not imported.
            without=frozenset(
                [
                    "apprise",
                    "certifi",
                    "cyclopts",
                    "dateparser",
                    "docker",
                    "fastapi",
                    "graphviz",
                    "jsonpatch",
                    "readchar",
                    "semver",
                    "uvicorn",
                ]
            ),
            requirements=("certifi",),
            ini="prefect/server/database/alembic.ini",
            versions={"sqlite": "sqlite", "postgresql": "postgresql"},
            url_variable="PREFECT_API_DATABASE_CONNECTION_URL",
            in_worker_thread=True,
            sparse=False,
            values={
                # On the way down these become foreign keys again, of rows that may refer to nothing by then.
                "artifact.flow_run_id": (None,),
                "artifact.task_run_id": (None,),
                "flow_run.deployment_id": (None,),
                "variable.value": ("green", "blue"),
            },
            # To one of them it adds a column that must have a value and has no default, to another a foreign key; and
            # on its way down it deletes queues that an agent may have.
            unfilled=frozenset(["agent", "automation_event_follower", "flow_run_input"]),
        ),
        History(
            name="mlflow",
            version="3.18.0",
            databases={
                "sqlite": "sqlite",
                "postgresql": "postgresql+psycopg",
                "mariadb": "mysql+pymysql",
            },
            location="mlflow/store/db_migrations",
            without=frozenset(
                [
                    "aiohttp",
                    "docker",
                    "flask",
                    "flask-cors",
                    "graphene",
                    "gunicorn",
                    "huey",
                    "matplotlib",
                    "mlflow-skinny",
                    "mlflow-tracing",
                    "numpy",
                    "pandas",
                    "pyarrow",
                    "scikit-learn",
                    "scipy",
                    "skops",
                    "waitress",
                ]
            ),
            values={
                "issues.categories": ('["slow"]', '["wrong", "slow"]'),
                "endpoints.name": (),
                "spans.dimension_attributes": ({},),
            },
            # Two rows of it may become one on the way down.
            unfilled=frozenset(["endpoint_model_mappings"]),
            # On SQLite alembic's batch inserts into a generated column; on PostgreSQL the revisions before it undo
            # nothing, so that they cannot be run again; on MariaDB an index is dropped that a foreign key needs.
            floors={"sqlite": "e1f2a3b4c5d6", "postgresql": "bda7b8c39065", "mariadb": "dc11669786a5"},
            requirements=(
                *_DRIVERS,
                # What mlflow-skinny, which has the same modules, would bring.
                *[
                    "cachetools",
                    "click",
                    "databricks-sdk",
                    "fastapi",
                    "importlib_metadata",
                    "opentelemetry-api",
                    "opentelemetry-proto",
                    "opentelemetry-sdk",
                    "packaging",
                    "protobuf",
                    "pydantic",
                    "pyyaml",
                    "requests",
                    "sqlparse",
                ],
            ),
            begin=(
                "from mlflow.store.tracking.dbmodels.initial_models import Base\n"
                "Base.metadata.create_all(engine)\n"
            ),
        ),
        History(
            name="optuna",
            version="5.0.0",
            # Alembic cannot run its v2.4.0.a elsewhere: on PostgreSQL that makes a type which is there, and on MariaDB
            # it drops a column which a unique constraint needs.
            databases={"sqlite": "sqlite"},
            location="optuna/storages/_rdb/alembic",
            requirements=_DRIVERS,
            values={
                "studies.direction": ("NOT_SET", "MINIMIZE", "MAXIMIZE"),
                "study_directions.direction": ("NOT_SET", "MINIMIZE", "MAXIMIZE"),
                "trial_params.distribution_json": (
                    _distribution("UniformDistribution"),
                    _distribution("LogUniformDistribution"),
                ),
                "trial_values.step": (1, 2, 3),
                "trial_values.value": (0.25, 1.5, -3.0),
                "trials.value": (0.25, 1.5, -3.0),
                "trials.state": ("RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING"),
                "trial_values.value_type": ("FINITE", "INF_POS", "INF_NEG"),
                "trial_intermediate_values.intermediate_value_type": ("FINITE", "INF_POS", "INF_NEG", "NAN"),
            },
            # Its downgrade() names a class that it does not have.
            floors={"sqlite": "v3.0.0.c"},
            stride=1,
        ),
    )
}
