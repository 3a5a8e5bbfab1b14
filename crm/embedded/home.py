"""Where the embedded clinic keeps its data, keys and logs; and the lock that keeps it single."""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Home:
    """The folder of one clinic; ``.suian`` in the checkout, or a throw-away one for tests."""

    state: Path

    @classmethod
    def of_this_checkout(cls) -> "Home":
        return cls(PROJECT / ".suian")

    @property
    def keys(self) -> Path:
        return self.state / "keys"

    @property
    def worker_keys(self) -> Path:
        """The roots of the sending worker, which has not all of them."""
        return self.keys / "worker"

    @property
    def sealer_keys(self) -> Path:
        """What the sealer holds instead of a root."""
        return self.keys / "sealer"

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    @property
    def postgres(self) -> Path:
        return self.state / "postgres"

    @property
    def valkey(self) -> Path:
        return self.state / "valkey"

    @property
    def gateway(self) -> Path:
        return self.state / "gateway"

    @property
    def static(self) -> Path:
        return self.state / "static"

    @property
    def clinic_file(self) -> Path:
        """What the running clinic tells to commands; see discovery.py."""
        return self.state / "clinic.json"

    @property
    def witness(self) -> Path:
        """The second record of the trail, a file a day."""
        return self.state / "witness"

    @property
    def erasures(self) -> Path:
        """What was erased, outside the database: survives the database being put back."""
        return self.state / "erasures.log"

    @property
    def exports(self) -> Path:
        """Export files that wait for their one download."""
        return self.state / "exports"

    def create(self) -> None:
        """Make the folders, closed to everybody else whatever the umask is."""
        for folder in (
            self.state,
            self.keys,
            self.logs,
            self.valkey,
            self.gateway,
            self.static,
            self.witness,
            self.exports,
        ):
            folder.mkdir(mode=0o700, exist_ok=True)
            folder.chmod(0o700)


class ClinicLock:
    """Held by whoever runs the servers of a home; the kernel frees it even after kill -9."""

    def __init__(self, home: Home) -> None:
        self._path = home.state / "lock"
        self._file: IO[bytes] | None = None

    def take(self) -> bool:
        """Take the lock now; False if another process has it."""
        file = open_log(self._path)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        if self._file:
            self._file.close()
            self._file = None

    def is_held_by_another(self) -> bool:
        """Whether some other process runs this home. Takes nothing."""
        if self._file or not self._path.exists():
            return False
        with open_log(self._path) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return True
        return False


def open_log(path: Path) -> IO[bytes]:
    """Open a log to add to it (and read it), closed to everybody else."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "ab+")


def write_private(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Write a file that only its owner can read, whole or not at all, never briefly open."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.chmod(mode)
    draft.replace(path)
