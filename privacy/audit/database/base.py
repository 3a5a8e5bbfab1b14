"""``ENGINE = "privacy.audit.database"``: nothing with an event commits before the sink has it."""

from django.db.backends.postgresql import base
from django.db.utils import DatabaseError, InternalError, OperationalError
from psycopg.pq import TransactionStatus


class DatabaseWrapper(base.DatabaseWrapper):
    """Postgres as Django has it; only the moment before and after a failed COMMIT is ours."""

    def _commit(self) -> None:
        """Tell the sink, then commit.

        Raises: SinkDown before anything is committed; Django then rolls back, for it is a
            DatabaseError like any other that a COMMIT may raise. InternalError if an error inside
            was swallowed: Postgres answers that COMMIT with a rollback and no word, and what was
            shown on the strength of an event would stay without it.
        """
        from privacy.audit import second_sink
        from privacy.receipts import told_by

        if self.connection and self.connection.info.transaction_status == TransactionStatus.INERROR:
            raise InternalError("an error inside the transaction was swallowed: nothing is done")
        told = second_sink.tell(told_by(self.run_on_commit))
        try:
            super()._commit()  # type: ignore[misc]  # the stubs leave it out
        except OperationalError:
            raise  # the server may have committed and died before it said so: left to the verifier
        except DatabaseError:  # what else ends the wait tells nothing of the COMMIT
            second_sink.take_back(told)
            raise
