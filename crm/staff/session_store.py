"""Django's session engine over our own table: keys as hashes, data bound to key and person.

The cookie holds a random key of 160 bits; the row holds its SHA-256. Nothing to salt or slow down:
so much chance cannot be guessed. The data is signed together with that hash, so that nobody who
can write to the table moves one person's data into another's session (ADR 0015).
"""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import IntegrityError, transaction
from django.utils import timezone

from crm.staff.models import StaffSession, User
from crm.staff.rules import STRANGER_SECONDS
from privacy.audit.context import current_origin

STARTED: Final = "started_at"
SEEN: Final = "seen_at"
FACTOR_AT: Final = "factor_at"  # when the second factor was last shown in this session
NETWORKS: Final = "networks"  # from which this session has shown its second factor
MOVED: Final = "moved_to"  # the network that it was last seen to have moved to
REFUSED: Final = "refused_at"  # the network outside the list that it was last refused from (R36)
FULLY_AT: Final = "fully_at"  # ... and when the password and it were shown together


def hash_of(key: str) -> bytes:
    """What the database knows a session by."""
    return sha256(key.encode()).digest()


class SessionStore(SessionBase):
    """Loads, saves and deletes one session.

    ``ended`` says why an old cookie opens nothing; ``staff`` is whose session was loaded.
    """

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self.ended = ""
        self.staff: User | None = None

    @property
    def key_salt(self) -> str:
        return f"suian.session.{hash_of(self.session_key or '').hex()}"

    def load(self) -> dict[str, Any]:
        """The data, or nothing for an unknown, ended or expired key, which is then dropped."""
        rows = StaffSession.objects.select_related("user__clinic")  # the next thing asked for
        row = rows.filter(key_hash=hash_of(self.session_key or "")).first()
        if row is not None and row.ended_at is None and row.expires_at > timezone.now():
            data: dict[str, Any] = self.decode(row.data)
            if data.get(SESSION_KEY) == _text(row.user_id):
                self.staff = row.user
                return data
        self.ended = row.end_reason if row else ""
        self._session_key = None
        return {}

    def exists(self, session_key: str) -> bool:
        return StaffSession.objects.filter(key_hash=hash_of(session_key)).exists()

    def create(self) -> None:
        """A row under a new key, with the address and program that it was opened from."""
        while True:
            self._session_key = self._new_key()
            try:
                self.save(must_create=True)
            except CreateError:  # two keys of 160 random bits were the same
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's signature
        """Raises: CreateError if the key is taken; UpdateError if the session has ended."""
        if self.session_key is None:
            self.create()
            return
        data = self._held(no_load=must_create)
        row = StaffSession(key_hash=hash_of(self.session_key), **self._facts(data))
        if not must_create:
            self._renew(row, known_as=hash_of(self.session_key))
            return
        origin = current_origin()
        row.ip, row.agent = origin.ip, origin.agent
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as error:
            raise CreateError from error

    def cycle_key(self) -> None:
        """Go on under a new key; the old one opens nothing.

        Django's own makes a second row, which would bring back a session that ended meanwhile.
        Raises: UpdateError if it has ended; the key is then as it was.
        """
        data, old = self._held(no_load=False), self.session_key
        if old is None:
            self.create()
            return
        self._session_key = self._new_key()
        row = StaffSession(key_hash=hash_of(self._session_key), **self._facts(data))
        try:
            self._renew(row, known_as=hash_of(old))
        except UpdateError:
            self._session_key = old
            raise
        self.modified = True

    def _new_key(self) -> str:
        key: str = self._get_new_session_key()  # type: ignore[attr-defined]  # not in the stubs
        return key

    def _held(self, *, no_load: bool) -> dict[str, Any]:
        data: dict[str, Any] = self._get_session(no_load)  # type: ignore[attr-defined]  # see above
        return data

    def _renew(self, row: StaffSession, *, known_as: bytes) -> None:
        names = ("key_hash", "user_id", "data", "started_at", "seen_at", "expires_at")
        changed = StaffSession.objects.filter(key_hash=known_as, ended_at__isnull=True).update(
            **{name: getattr(row, name) for name in names}, updated_at=timezone.now()
        )
        if not changed:  # ended while the request ran: it must not come to life again
            raise UpdateError

    def _facts(self, data: dict[str, Any]) -> dict[str, Any]:
        now, user_id = timezone.now(), data.get(SESSION_KEY)
        until = self.get_expiry_date() if user_id else now + timedelta(seconds=STRANGER_SECONDS)
        return {
            "user_id": user_id,
            "data": self.encode(data),
            "started_at": _moment(data.get(STARTED), now),
            "seen_at": _moment(data.get(SEEN), now),
            "expires_at": until,
        }

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            StaffSession.objects.filter(key_hash=hash_of(key)).delete()

    @classmethod
    def clear_expired(cls) -> None:
        StaffSession.objects.filter(expires_at__lt=timezone.now()).delete()


def _moment(stamp: int | None, otherwise: datetime) -> datetime:
    return datetime.fromtimestamp(stamp, UTC) if stamp is not None else otherwise


def _text(user_id: object) -> str | None:
    return str(user_id) if user_id else None
