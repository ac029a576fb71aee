"""The statements of MariaDB and MySQL."""
