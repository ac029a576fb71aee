"""What alembic and nbmigrate make of kill -9, and of eight processes at once, on three databases.

    python tests/reliability/compare.py

The same programs, on the same projects. The servers are those of NBMIGRATE_TEST_POSTGRESQL and NBMIGRATE_TEST_MARIADB;
a database without one is left out.
"""

import argparse
import platform
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.graph import ALEMBIC, alembic_python, show
from tests.reliability.databases import NAMES, made
from tests.reliability.histories import REVISIONS, ledger, story
from tests.reliability.kill_anywhere import servers, sweep
from tests.reliability.races import PROCESSES, races
from tests.reliability.runners import OURS, Package, Runners

HEAD = (
    "",
    "runs killed",
    "reruns that failed",
    "ended differently",
    "races",
    "processes that failed",
    "revisions lost or twice",
    "ended wrong",
)


def line(
    name: str, package: Package, home: Path, urls: Mapping[str, str], step: int, rounds: int, seed: int
) -> tuple[str, ...]:
    """Run both programs with a package on one kind of database."""
    swept = sweep(name, package, home / "kills", urls, step=step, seed=seed)
    folder = home / "races" / name
    folder.mkdir(parents=True)
    with made(name, folder, urls) as database, Runners(package, home / "cache") as runners:
        found = list(races(runners, folder, database, ledger(), rounds))
    figures = (
        swept.points,
        len(swept.failed),
        len(swept.different),
        len(found),
        sum(len(race.failed) for race in found),
        sum(race.lost + race.twice for race in found),
        sum(not race.is_right for race in found),
    )
    return f"{package.name}, {NAMES[name]}", *map(str, figures)


def versions(urls: Mapping[str, str]) -> Iterator[str]:
    """Say when and with what this was run."""
    yield f"{datetime.now(UTC):%Y-%m-%d}: {ALEMBIC}, Python {platform.python_version()}, SQLAlchemy {sa.__version__}"
    for name, url in urls.items():
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            version = connection.dialect.server_version_info or ()
        yield f"{NAMES[name]} {'.'.join(map(str, version[:3]))}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; the exit code says whether our lines hold zeros alone."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--alembic-python", help=f"a Python with {ALEMBIC}; one is made if not given")
    parser.add_argument("--step", type=int, default=5, help="kill at every so manieth point")
    parser.add_argument("--rounds", type=int, default=5, help="races on each database")
    parser.add_argument("--databases", default=",".join(NAMES), help="on which")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args(arguments)
    known = {"sqlite": "sqlite://", **servers()}
    urls = {name: known[name] for name in options.databases.split(",") if name in known}
    lines: list[tuple[str, ...]] = [HEAD]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        peer = Package("alembic", options.alembic_python or alembic_python(home / "venv"))
        for name in urls:
            lines += [
                line(name, package, home / package.name, urls, options.step, options.rounds, options.seed)
                for package in (peer, OURS)
            ]
    print(f"{', '.join(versions(urls))}.")
    print(
        f"Runs of {len(story())} revisions up and down, killed at every {options.step}th point and run again;\n"
        f"races of {PROCESSES} processes that all apply the same {REVISIONS} revisions. Seed {options.seed}.\n"
    )
    show(lines)
    ours = [cells for cells in lines[1:] if cells[0].startswith(OURS.name)]
    return int(any({cells[2], cells[3], *cells[5:]} != {"0"} for cells in ours))


if __name__ == "__main__":
    sys.exit(main())
