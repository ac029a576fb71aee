"""Values as DuckDB reads them."""

import datetime

from nbmigrate.dialects.ddl.literals import Literals


class DuckDBLiterals(Literals):
    """Bytes and intervals are made by functions."""

    def of_bytes(self, value: bytes) -> str:
        """Return a call that makes bytes."""
        return f"unhex('{value.hex().upper()}')"

    def of_float(self, value: float) -> str:
        """Return a number; without an exponent it would be a decimal."""
        text = super().of_float(value)
        return text if "e" in text else f"{text}e0"

    def not_finite(self, name: str) -> str:
        """Return a string, which is a number where one is wanted."""
        return f"'{name}'"

    def of_time(self, value: datetime.datetime | datetime.time | datetime.timedelta) -> str | None:
        """Return a call that makes an interval."""
        if not isinstance(value, datetime.timedelta):
            return None
        return f"to_microseconds({value // datetime.timedelta(microseconds=1)})"
