"""``ENGINE = "privacy.audit.database"``: nothing with an event commits before the sink has it."""

from django.db.backends.postgresql import base
from django.db.utils import DatabaseError, InternalError, OperationalError
from psycopg.pq import TransactionStatus

# An empty message in the journal, flushed at once, and with it all that was written before it.
_FLUSH = "SELECT pg_logical_emit_message(false, 'suian', '', true)"


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
        events = told_by(self.run_on_commit)
        if events and second_sink.is_on():
            self._keep_the_id()
        told = second_sink.tell(events)
        try:
            super()._commit()  # type: ignore[misc]  # the stubs leave it out
        except OperationalError:
            raise  # the server may have committed and died before it said so: left to the verifier
        except DatabaseError:  # what else ends the wait tells nothing of the COMMIT
            second_sink.take_back(told)
            raise

    def _keep_the_id(self) -> None:
        """Have the journal on the disk know this transaction's id before the sink names it.

        A server that crashes gives ids that its journal did not keep to others: one of those
        commits, and the line would seem to speak of an event that somebody deleted.
        Raises: OperationalError if the connection is lost; nothing is told or committed then.
        """
        with self.wrap_database_errors:
            self.connection.execute(_FLUSH)
