"""A Firebird of the tests' own: Debian's server on a loopback port, with its files in a folder of its own."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

SERVER = Path("/usr/sbin/firebird")
PASSWORD = "masterkey"
#: What the package has beside the settings.
PARTS = ("firebird.msg", "intl", "plugins", "lib")
SETTINGS = """\
RemoteServicePort = {port}
RemoteBindAddress = 127.0.0.1
IPv6V6Only = 1
SecurityDatabase = {folder}/security3.fdb
AuthServer = Srp
AuthClient = Srp
UserManager = Srp
"""


@contextmanager
def server(folder: Path) -> Iterator[sa.URL]:
    """Start a server and give its url, without a database; `folder` is empty, and of the test alone."""
    folder.mkdir(parents=True, exist_ok=True)
    package = next(Path("/usr/lib").glob("*/firebird/3.0"))
    for name in PARTS:
        (folder / name).symlink_to(package / name)
    for settings in Path("/etc/firebird/3.0").glob("*.conf"):
        shutil.copy(settings, folder)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    security = f"security.db = {folder}/security3.fdb\n{{\n    RemoteAccess = false\n}}\n"
    (folder / "databases.conf").write_text(security)
    (folder / "firebird.conf").write_text(SETTINGS.format(port=port, folder=folder))
    (folder / "lock").mkdir()
    environment = {**os.environ, "FIREBIRD": str(folder), "FIREBIRD_LOCK": str(folder / "lock")}
    user = f"CREATE USER SYSDBA PASSWORD '{PASSWORD}' USING PLUGIN Srp;"
    made = f"CREATE DATABASE '{folder}/security3.fdb'; COMMIT; {user}"
    subprocess.run(
        ["isql-fb", "-quiet", "-user", "SYSDBA"],
        input=f"{made} COMMIT;",
        env=environment,
        text=True,
        check=True,
        capture_output=True,
    )
    with subprocess.Popen(
        [SERVER], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait(port)
            yield sa.URL.create("firebird", "SYSDBA", PASSWORD, "127.0.0.1", port, query={"charset": "UTF8"})
        finally:
            process.kill()


def new_database(server: sa.URL, file: Path) -> str:
    """Make a database in a file and return its url."""
    from firebird.driver import create_database

    place = f"{server.host}/{server.port}:{file}"
    create_database(place, user=server.username, password=server.password, charset="UTF8").close()
    return server.set(database=str(file)).render_as_string(hide_password=False)


def _wait(port: int) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
