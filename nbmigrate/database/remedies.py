"""What to do about the failure of a step, by what is at fault: mostly, and not always, the revision's file."""

import errno

import sqlalchemy as sa

from nbmigrate.database.errors import (
    DISK_FAILED,
    DISK_FULL,
    LOCKED,
    LOST,
    READ_ONLY,
    code_of,
    is_from_driver,
    is_lost,
)
from nbmigrate.errors import (
    ConnectionFailedError,
    DatabaseLockedError,
    DriverMissingError,
    MigrateError,
    OffendingRowsError,
)

_FILE = "Correct the file"
_ROWS = "Correct the rows or the file"
#: What is at fault where it is not the server, its disk or its users.
FAULTS_OF_REVISIONS = (_FILE, _ROWS)
_REACHED = "Wait until the database can be reached"
_OTHERS = "Let the other program finish"
_DISK_SPACE = "Free disk space"
_RIGHT = "Grant the user the right that is missing"
_LOG = "Check the server's log"

#: By the code of the database: an SQLSTATE (PostgreSQL), the number of MySQL and MariaDB, or as `code_of` has it.
_OF_CODES: tuple[tuple[set[object], str], ...] = (
    ({*LOST, 1047, 1927}, _REACHED),
    # SQLite's table is locked by a cursor of the revision itself.
    ({("sqlite", 6)}, _FILE),
    ({*LOCKED, "40001", "55006", 1020, 1412, 1689, 3572}, _OTHERS),
    ({*DISK_FULL, 1114, ("duckdb", "disk full")}, _DISK_SPACE),
    ({*DISK_FAILED, 3, 1026, 1030}, "Check the disk"),
    (
        {*READ_ONLY, 1836, ("sqlite", 3), ("sqlite", 23)},
        "Check the permissions of the database's file or user",
    ),
    ({"42501", 1044, 1045, 1142, 1143, 1227, 1370, 1410, 1419, 1698, ("duckdb", "denied")}, _RIGHT),
    ({"53200", 1037, 1038, 1041, ("sqlite", 7), ("duckdb", "memory")}, "Give the database more memory"),
    ({"53300", 1040, 1203, 1226}, "Wait until a connection is free"),
    ({1969, 3024}, "Raise the time limit"),
    ({1317, ("sqlite", 9), ("duckdb", "stopped")}, "Find out what stopped the statement"),
    (
        {"XX001", "XX002", 126, 127, 144, 145, 1034, 1035, 1194, 1195, ("sqlite", 11), ("sqlite", 26)},
        "Repair the database",
    ),
    ({1022, 1048, 1062, 1138, 1169, 1216, 1217, 1264, 1265, 1292, 1366, 1406, 1411, 1451, 1452}, _ROWS),
    ({1557, 1586, 1761, 1762, 3819, 4025, ("sqlite", 19), ("sqlite", 20), ("duckdb", "rows")}, _ROWS),
)
#: By the first two characters of an SQLSTATE, where the whole has nothing of its own.
_OF_CLASSES = {
    "08": _REACHED,
    "22": _ROWS,
    "23": _ROWS,
    "28": _RIGHT,
    "40": _OTHERS,
    "53": _LOG,
    "57": _LOG,
    "58": _LOG,
    "F0": _LOG,
    "XX": _LOG,
}
#: PostgreSQL's query_canceled: a limit was over, or somebody asked for it.
_CANCELED = "57014"

_OF_OURS: tuple[tuple[type[MigrateError], str], ...] = (
    (OffendingRowsError, _ROWS),
    (DriverMissingError, "Install it"),
    (ConnectionFailedError, _REACHED),
    (DatabaseLockedError, _OTHERS),
)
#: Of Python itself; the first that fits counts.
_OF_PYTHON: tuple[tuple[type[BaseException], str], ...] = (
    (ModuleNotFoundError, "Install the package, or name its folder in prepend_sys_path"),
    (ImportError, "Correct the import or the package"),
    (MemoryError, "Free memory"),
    (FileNotFoundError, "Restore that file, or correct its name in the revision"),
    (PermissionError, "Check the permissions of that file"),
    (ConnectionError, "Wait until that can be reached"),
    (TimeoutError, "Wait until that can be reached"),
    (OSError, "Remove the cause"),
)


def remedy(error: BaseException) -> str:
    """Return what to do before the same command is run again, as the beginning of a sentence."""
    if isinstance(error, MigrateError):
        return _of_type(error, _OF_OURS)
    if isinstance(error, sa.exc.SQLAlchemyError) or is_from_driver(error):
        return _of_database(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _DISK_SPACE
    return _of_type(error, _OF_PYTHON)


def _of_type(error: BaseException, causes: tuple[tuple[type, str], ...]) -> str:
    return next((what for kind, what in causes if isinstance(error, kind)), _FILE)


def _of_database(error: BaseException) -> str:
    if is_lost(error):
        return _REACHED
    if isinstance(error, sa.exc.TimeoutError):
        return "Wait until a connection is free"
    code = code_of(getattr(error, "orig", None) or error)
    if code == _CANCELED:
        return (
            "Find out who stopped the statement" if "user request" in str(error) else "Raise the time limit"
        )
    found = next((what for codes, what in _OF_CODES if code in codes), "")
    return found or _OF_CLASSES.get(code[:2] if isinstance(code, str) else "", _FILE)
