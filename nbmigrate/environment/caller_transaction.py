"""The transaction that env.py runs its migrations in, and the block of `begin_transaction()`."""

from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends.driver import is_block
from nbmigrate.errors import DatabaseError, OperationError


class CallerTransaction:
    """What the owner of a connection has begun on it, before `configure()` or by a block: theirs to commit.

    Parameters
    ----------
    connection
        The connection.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self._begun: sa.RootTransaction | None = None
        self._is_committed = False
        #: Whether it holds what a run did.
        self.holds_run = False
        #: Whether a block of `begin_transaction()` is open.
        self.in_block = False
        #: Whether revisions were run and committed.
        self.has_committed = False
        if (begun := connection.get_transaction()) is not None:
            self._join(begun)

    def _join(self, transaction: sa.RootTransaction) -> None:
        """Leave a transaction to its owner."""
        if self._begun is None:
            sa.event.listen(self.connection, "commit", self._owner_commits)
            sa.event.listen(self.connection, "commit_twophase", self._owner_commits)
        self._begun = transaction

    def _owner_commits(self, *_: Any) -> None:
        self._is_committed = True

    def is_open(self) -> bool:
        """Whether what is sent now is in it."""
        begun = self.connection.get_transaction()
        if begun is not None and is_block(begun):
            self._join(begun)
        return self._begun is not None and self._begun is begun

    @property
    def is_kept(self) -> bool:
        """Whether what the runs did is not in a transaction of env.py's that env.py has not committed."""
        return self._is_committed or not self.holds_run

    def check_committed(self) -> None:
        """Make sure, once env.py has ended, that it committed the transaction that it ran the migrations in.

        Raises
        ------
        DatabaseError
            It did not, so that nothing of the run remains.
        """
        pending = not self.connection.closed and self._begun is self.connection.get_transaction()
        if not self.is_kept and not pending:
            raise DatabaseError(
                "env.py ran the migrations inside a transaction that it did not commit: nothing of this run remains.",
                "Call connection.commit() before context.configure(), or use `with connection.begin():` around both.",
            )


class Block:
    """What `begin_transaction()` returns: a block, which env.py may end before its end, or without one.

    Parameters
    ----------
    caller
        What the owner of the connection has begun, and what was run.
    is_part
        Whether it is in another, or in a transaction of the connection's owner, which ends it.
    """

    def __init__(self, caller: CallerTransaction, *, is_part: bool) -> None:
        self._caller = caller
        self._is_part = is_part

    def __enter__(self) -> "Block":
        if not self._is_part:
            self._caller.in_block = True
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._is_part:
            return
        self._caller.in_block = False
        connection = self._caller.connection
        if kind is None:
            if not connection.closed:
                connection.commit()
            return
        # What is raised matters, and not that a connection that has ended cannot be rolled back.
        with suppress(sa.exc.SQLAlchemyError):
            connection.rollback()

    def commit(self) -> None:
        """Commit what was sent in the block."""
        self._caller.connection.commit()

    def rollback(self) -> None:
        """Undo what was sent in the block.

        Raises
        ------
        OperationError
            Revisions were run in it, each of which is committed.
        """
        if self._caller.has_committed:
            raise OperationError(
                "env.py rolls back the transaction that it ran the migrations in, but each revision has committed its "
                "own: what was applied stays applied.",
                "`preview` shows what a run would do, without a run. To undo a run as a whole, begin the transaction "
                "before context.configure(): `with connection.begin() as transaction:`.",
            )
        self._caller.connection.rollback()
