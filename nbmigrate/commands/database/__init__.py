"""The verbs that ask or change a database."""
