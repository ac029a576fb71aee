"""Values as PostgreSQL reads them."""

from nbmigrate.dialects.ddl.literals import Literals


class PostgreSQLLiterals(Literals):
    """What the type of a column does not say is said by a cast."""

    def of_bytes(self, value: bytes) -> str:
        """Return bytes in hex format."""
        return f"'\\x{value.hex().upper()}'::bytea"

    def shown_bytes(self, value: bytes) -> str:
        """Return bytes without a cast."""
        return f"'\\x{value.hex()}'"

    def of_float(self, value: float) -> str:
        """Return a number; without a cast the sign of zero is lost."""
        text = super().of_float(value)
        return f"'{text}'::float8" if text == "-0.0" else text

    def not_finite(self, name: str) -> str:
        """Return a string, which is a number where one is wanted."""
        return f"'{name}'"
