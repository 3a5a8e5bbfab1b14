"""What docker-compose.yml has the servers do, with real ones: sockets, and no port."""

import dataclasses
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
import yaml
from celery import Celery
from django.core.cache.backends.redis import RedisCache

from crm.embedded.home import PROJECT, Home
from crm.embedded.keys import ensure_keys
from crm.embedded.postgres import Postgres
from crm.embedded.processes import free_ports, wait_until
from crm.embedded.roles import Passwords, ensure_database, ensure_roles
from crm.embedded.supervisor import Supervisor
from crm.embedded.valkey import server_program
from crm.settings.env import broker_of

SERVICES = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]
SCRIPT = (PROJECT / "deploy" / "make-secrets.sh").read_text()
WORDS = Passwords(owner="owner-word", app="app-word")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short enough for a socket's name, and open to the servers' own user."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        Path(made).chmod(0o777)
        yield Path(made)


class TestPostgres:
    @pytest.fixture
    def started(self, home: Home, folder: Path, supervisor: Supervisor) -> None:
        ensure_keys(home)
        server = Postgres(home, port=free_ports(1)[0], throw_away=True)
        server.prepare()
        supervisor.start(server.program())
        server.wait_until_it_answers()
        ensure_database(server.url(database="postgres"), name="suian")
        ensure_roles(server.url(), WORDS)
        supervisor.stop_all()
        rules = shutil.copy(PROJECT / "deploy" / "postgres" / "pg_hba.conf", folder)
        Path(rules).chmod(0o644)
        more = ("-c", f"hba_file={rules}", "-c", f"unix_socket_directories={folder}")
        plain = server.program()
        supervisor.start(dataclasses.replace(plain, command=[*plain.command, *more]))
        assert wait_until(lambda: any(folder.glob(".s.PGSQL.*")), seconds=30)
        self.port, self.folder = server.port, folder

    def sign_in(self, user: str, word: str = "", host: str = "") -> str:
        with psycopg.connect(
            host=host or str(self.folder), port=self.port, dbname="suian", user=user, password=word
        ) as connection:
            return str(connection.info.user)

    @pytest.mark.usefixtures("started")
    def test_who_signs_in_by_the_socket_and_who_does_not(self) -> None:
        assert self.sign_in("suian_app", WORDS.app) == "suian_app"
        assert self.sign_in("suian_owner", WORDS.owner) == "suian_owner"
        for user, word, host in (
            ("suian_app", "wrong", ""),
            ("postgres", "", ""),  # another user of the machine than the server's own
            ("suian_owner", WORDS.owner, "127.0.0.1"),
            ("suian_auditor", "", ""),
        ):
            with pytest.raises(psycopg.OperationalError):
                self.sign_in(user, word, host)


class TestValkey:
    @pytest.fixture
    def url(self, folder: Path) -> Iterator[str]:
        """As the container is started, but for the folders."""
        (line,) = re.findall(r'^make valkey_conf "\$SERVERS" "(.+)"$', SCRIPT, re.MULTILINE)
        (folder / "valkey_conf").write_text(line.replace("$(random)", "a-word"))
        words = [
            one.replace("/run/secrets/", f"{folder}/").replace("/run/valkey/", f"{folder}/")
            for one in SERVICES["valkey"]["command"]
        ]
        words[words.index("--dir") + 1] = str(folder)
        process = subprocess.Popen([server_program(), *words[1:]], stdout=subprocess.DEVNULL)
        try:
            assert wait_until((folder / "valkey.sock").is_socket, seconds=20)
            yield f"unix://:a-word@{folder}/valkey.sock?db=0"
        finally:
            process.terminate()
            process.wait()

    def test_cache_and_queue_speak_over_it(self, url: str) -> None:
        cache = RedisCache(url, {})
        cache.set("a", 1)
        app = Celery("sockets", broker=broker_of(url))
        with app.connection_for_write() as connection:
            queue = connection.SimpleQueue("looked-at")
            queue.put({"id": 7})
            got = queue.get(timeout=5)
            got.ack()

        assert cache.get("a") == 1
        assert got.payload == {"id": 7}
        with redis.Redis.from_url(url) as known, known.pubsub() as listener:
            listener.psubscribe("/0.celery.*")  # how the health check asks workers
            assert listener.get_message(timeout=5)
            assert known.publish("/0.celery.pidbox", "ping") == 1

    def test_it_wants_its_password_and_has_no_port(self, url: str) -> None:
        with (
            redis.Redis.from_url(url.replace(":a-word@", "")) as stranger,
            pytest.raises(redis.exceptions.AuthenticationError),
        ):
            stranger.ping()
        assert "--port 0 " in " ".join(SERVICES["valkey"]["command"])

    def test_its_one_account_neither_empties_nor_rules_it(self, url: str) -> None:
        with redis.Redis.from_url(url) as known:
            assert known.ping()
            for command in (
                "FLUSHALL", "KEYS *", "CONFIG SET save x", "SHUTDOWN", "ACL LIST", "MONITOR",
                "REPLICAOF a 1", "SAVE", "CLIENT KILL a", "RESTORE a 0 b",
                "SCAN 0", "RANDOMKEY", "COPY a b", "DUMP a", "FUNCTION LIST",
            ):  # fmt: skip
                with pytest.raises(redis.exceptions.NoPermissionError):
                    known.execute_command(*command.split())

    def test_the_password_is_found_where_it_stands(self, tmp_path: Path) -> None:
        """The address of the app and the health check read it out of the server's settings."""
        (tmp_path / "valkey_conf").write_text("user default on >a-word ~* &* +@all\n")
        told = SERVICES["valkey"]["healthcheck"]["test"][1].replace("$$", "$")
        (check,) = re.findall(r"sed -n '[^']+'", told)
        (script,) = re.findall(r"sed -n 's/\^user [^']+'", SCRIPT)
        for reader in (check, script):
            done = subprocess.run(
                ["sh", "-c", f"{reader} valkey_conf"], cwd=tmp_path, capture_output=True,
                text=True, check=True,
            )  # fmt: skip
            assert done.stdout.strip() == "a-word"
