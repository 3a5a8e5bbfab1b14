"""What settings require is wired in docker-compose.yml, and each service gets its secrets only."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.contrib.auth.hashers import Argon2PasswordHasher

from crm.celery import app as celery
from crm.embedded.postgres import read_settings
from crm.settings import production
from crm.web.middleware import ALWAYS

PROJECT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
APP_SERVICES = ("migrate", "erasures", "web", "worker", "sealer", "exporter", "beat")
SETTINGS = ("base.py", "production.py")
ANCHORS = Path(COMPOSE["x-app-environment"]["AUDIT_ANCHOR_FILE"]).parent
NGINX = (PROJECT / "deploy" / "proxy" / "nginx.conf").read_text()


def required_variables() -> tuple[set[str], dict[str, str]]:
    """Names that settings read without a default; and those needed only if another one is set."""
    always: set[str] = set()
    only_if: dict[str, str] = {}
    for name in SETTINGS:
        tree = ast.parse((PROJECT / "crm" / "settings" / name).read_text())
        conditional = {
            call: branch.test.id
            for branch in ast.walk(tree)
            if isinstance(branch, ast.IfExp) and isinstance(branch.test, ast.Name)
            for call in ast.walk(branch)
            if isinstance(call, ast.Call)
        }
        for call in ast.walk(tree):
            if not (isinstance(call, ast.Call) and reads_without_default(call)):
                continue
            variable = call.args[0].value
            if call in conditional:
                only_if[variable] = conditional[call]
            else:
                always.add(variable)
    return always, only_if


def reads_without_default(call: ast.Call) -> bool:
    """Whether this is ``secret("X")`` or ``env.kind("X")`` with no default."""
    function = call.func
    is_secret = isinstance(function, ast.Name) and function.id == "secret"
    is_env = (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id == "env"
    )
    has_name = bool(call.args) and isinstance(call.args[0], ast.Constant)
    has_default = len(call.args) > 1 or any(word.arg == "default" for word in call.keywords)
    return has_name and (is_secret or is_env) and not has_default


def environment(service: str) -> dict[str, str]:
    return SERVICES[service].get("environment", {})


def mounted(service: str) -> set[str]:
    """The paths of a service's secrets inside its container."""
    secrets = SERVICES[service].get("secrets", [])
    names = (each if isinstance(each, str) else each["target"] for each in secrets)
    return {f"/run/secrets/{name}" for name in names}


def sources(service: str) -> set[str]:
    secrets = SERVICES[service].get("secrets", [])
    return {each if isinstance(each, str) else each["source"] for each in secrets}


def queue_of(service: str) -> str:
    command = SERVICES[service]["command"]
    return command[command.index("--queues") + 1] if "--queues" in command else "celery"


def test_settings_do_require_something() -> None:
    always, only_if = required_variables()

    assert {"SECRET_KEY", "DATABASE_URL", "REDIS_URL"} <= always
    assert only_if == {
        "SMS_GATEWAY_SECRET": "SMS_GATEWAY_URL",
        "AUDIT_TSA_ROOT_FILE": "AUDIT_TSA_URL",
    }


@pytest.mark.parametrize("service", APP_SERVICES)
def test_each_app_service_has_what_settings_require(service: str) -> None:
    always, only_if = required_variables()
    given = environment(service)
    needed = always | {name for name, other in only_if.items() if other in given}

    assert {name for name in needed if not {name, f"{name}_FILE"} & set(given)} == set()
    assert given["ALLOWED_HOSTS"]


@pytest.mark.parametrize("service", SERVICES)
def test_each_file_variable_points_to_a_secret_of_the_service(service: str) -> None:
    files = {value for name, value in environment(service).items() if name.endswith("_FILE")}

    assert {path for path in files if path.startswith("/run/")} <= mounted(service)
    assert sources(service) <= set(COMPOSE["secrets"])


@pytest.mark.parametrize("service", APP_SERVICES)
def test_no_secret_stands_in_the_environment(service: str) -> None:
    """Whoever may look at a container reads its environment; what is a secret is a file."""
    named = {
        call.args[0].value
        for name in SETTINGS
        for call in ast.walk(ast.parse((PROJECT / "crm" / "settings" / name).read_text()))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "secret"
    }
    assert {"SECRET_KEY", "EMAIL_HOST_PASSWORD"} <= named
    assert named & set(environment(service)) == set()


def test_secrets_reach_only_who_needs_them() -> None:
    holders = {
        secret: {service for service in SERVICES if secret in sources(service)}
        for secret in COMPOSE["secrets"]
    }

    assert holders["owner_database_url"] == {"migrate"}
    for name in ("sms_gateway_secret", "email_host_password", "tsa_root"):
        assert holders[name] == {"worker"}
    assert holders["contact_root"] == {"web", "worker", "exporter"}
    assert holders["clinical_root"] == {"web", "exporter"}
    assert holders["audit_leaf"] == {"worker", "sealer"}
    assert holders["sealer_key"] == holders["signer_leaf"] == {"sealer"}
    assert holders["audit_root"] == {"web", "exporter", "erasures"}
    assert holders["postgres_password"] == holders["owner_password"] == {"postgres"}
    assert holders["tls_key"] == {"proxy"}


def test_who_signs_the_trail_has_no_way_out_and_who_has_one_writes_no_head() -> None:
    """The rest of it by doing: tests/crm/embedded/test_least_roots.py."""
    named = {name for name in SERVICES if any("SEALER" in one for one in environment(name))}
    assert named == {"sealer"}
    assert SERVICES["sealer"]["network_mode"] == "none"
    queues = {name: queue_of(name) for name in ("worker", "sealer", "exporter")}
    assert queues == {"worker": "celery", "sealer": "sealing", "exporter": "exports"}
    routed = {one["queue"] for one in celery.conf.task_routes.values()}
    assert routed == set(queues.values()) - {"celery"}
    writers = {
        name for name in SERVICES if f"anchors:{ANCHORS}" in SERVICES[name].get("volumes", [])
    }
    assert writers == {"sealer"}
    readers = {
        name for name in SERVICES if f"anchors:{ANCHORS}:ro" in SERVICES[name].get("volumes", [])
    }
    assert readers == {"web", "worker", "exporter"}


def test_nothing_of_the_app_starts_before_erasures_are_carried_out_again() -> None:
    for service in ("web", "worker", "sealer", "exporter", "beat"):
        first = SERVICES[service]["depends_on"]["erasures"]
        assert first == {"condition": "service_completed_successfully"}
    assert SERVICES["erasures"]["command"][-1] == "replay_erasures"
    file = Path(environment("web")["ERASURE_LEDGER_FILE"])
    for service in ("web", "erasures"):  # who erases, and who erases again, may write there
        assert f"erasures:{file.parent}" in SERVICES[service]["volumes"]


def test_old_months_lie_where_their_commands_may_write() -> None:
    """A container's root is read-only: the folder of the docs has to be a volume of the service."""
    told = (PROJECT / "docs" / "going-to-production.md").read_text()
    commands = re.findall(r"([a-z]+) python manage\.py (\w+_month) .*?(/[\w/]+)", told)

    assert {command for _service, command, _place in commands} == {
        "archive_month", "retire_month", "restore_month",
    }  # fmt: skip
    image = (PROJECT / "Dockerfile").read_text()
    for service, _command, place in commands:
        (volume,) = (one for one in SERVICES[service]["volumes"] if one.split(":")[1] in place)
        name, folder, *read_only = volume.split(":")
        assert name in COMPOSE["volumes"]
        assert not read_only
        assert f" {folder}" in image  # a new volume takes its owner from there
        assert {"audit.root", "contact.root"} <= {path.split("/")[-1] for path in mounted(service)}


def test_every_secret_is_made_by_the_script_or_named_as_missing() -> None:
    script = (PROJECT / "deploy" / "make-secrets.sh").read_text()
    by_role = {"owner_password", "app_password", "owner_database_url", "app_database_url"}
    by_use = {"audit-mac.root", "audit-signer.root"}
    files = {Path(one["file"]).name for one in COMPOSE["secrets"].values()} - by_role - by_use

    assert {name for name in files if name not in script} == set()
    assert 'for use in mac signer; do\n  make "audit-$use.root"' in script
    assert all(
        secret["file"].startswith("deploy/secrets/") for secret in COMPOSE["secrets"].values()
    )
    assert "deploy/secrets/" in (PROJECT / ".gitignore").read_text().splitlines()


@pytest.mark.parametrize("service", SERVICES)
def test_every_container_is_hardened(service: str) -> None:
    spec = SERVICES[service]

    assert spec["read_only"] is True
    assert spec["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in spec["security_opt"]
    assert spec.get("privileged") is None
    assert spec["ulimits"]["core"] == 0
    assert "healthcheck" in spec or service in {"migrate", "erasures"}


def test_only_the_proxy_is_reachable_from_outside() -> None:
    assert [name for name, spec in SERVICES.items() if "ports" in spec] == ["proxy"]
    networks = {name: spec["networks"] for name, spec in SERVICES.items() if "networks" in spec}
    assert networks == {"proxy": ["entrance"], "worker": ["outgoing"]}
    alone = {name for name, spec in SERVICES.items() if spec.get("network_mode") == "none"}
    assert alone == set(SERVICES) - set(networks)


def test_containers_meet_at_sockets_that_only_their_server_can_lay() -> None:
    servers = {"postgres_socket": "postgres", "valkey_socket": "valkey", "web_socket": "web"}
    for folder, server in servers.items():
        held = {
            name: [one for one in spec.get("volumes", []) if one.startswith(f"{folder}:")]
            for name, spec in SERVICES.items()
        }
        assert held[server]
        clients = {name: found for name, found in held.items() if found and name != server}
        assert all(one.endswith(":ro") for found in clients.values() for one in found)
        owner = SERVICES[server].get("user", "10001:10001").partition(":")[0]
        options = COMPOSE["volumes"][folder]["driver_opts"]
        assert options["type"] == "tmpfs"
        assert f"uid={owner},gid={owner},mode=0755" in options["o"]
        assert (folder != "web_socket") or set(clients) == {"proxy"}
    assert "--port 0 " in " ".join(SERVICES["valkey"]["command"])
    image = (PROJECT / "Dockerfile").read_text()
    assert '"--bind", "unix:/run/suian/web.sock"' in image
    assert "EXPOSE" not in image
    assert "http://unix:/run/suian/web.sock;" in NGINX
    assert "underscores_in_headers" not in NGINX  # gunicorn would take SCRIPT_NAME from a socket
    addresses = (PROJECT / "deploy" / "make-secrets.sh").read_text()
    assert "?host=/run/postgresql" in addresses
    assert "@/run/valkey/valkey.sock" in addresses
    own = read_settings(PROJECT / "deploy" / "postgres" / "postgresql.conf")
    assert own["listen_addresses"] == "'127.0.0.1'"


def test_the_image_runs_as_an_ordinary_user() -> None:
    lines = (PROJECT / "Dockerfile").read_text().splitlines()

    assert [line for line in lines if line.startswith("USER")] == ["USER 10001:10001"]


def test_database_logs_hold_no_values() -> None:
    shared = read_settings(PROJECT / "deploy" / "postgres" / "suian.conf")

    assert shared["log_statement"] == "none"  # of the pages; of hands: test_limit_roles.py
    assert shared["log_min_duration_statement"] == "-1"
    assert shared["log_min_error_statement"] == "panic"
    assert shared["log_error_verbosity"] == "terse"
    assert shared["log_parameter_max_length"] == shared["log_parameter_max_length_on_error"] == "0"
    container = (PROJECT / "deploy" / "postgres" / "postgresql.conf").read_text()
    assert "include '/etc/postgresql/suian.conf'" in container


def test_the_proxy_speaks_modern_tls_only() -> None:
    (ciphers,) = re.findall(r"ssl_ciphers ([^;]+);", NGINX)

    assert "ssl_protocols TLSv1.2 TLSv1.3;" in NGINX
    assert "ssl_prefer_server_ciphers on;" in NGINX
    assert all(re.match(r"ECDHE-.*(GCM|POLY1305)", one) for one in ciphers.split(":"))
    assert "autoindex" not in NGINX
    assert "server_tokens off;" in NGINX


def test_what_the_proxy_answers_itself_has_every_header_and_the_pages_have_none_twice() -> None:
    own = dict(
        re.findall(r'map \$upstream_http_(\w+) \$own_\1 { "" "([^"]+)"; default ""; }', NGINX)
    )
    key = "$https$upstream_http_strict_transport_security"
    (transport,) = re.findall(rf'map {re.escape(key)} \$own_\w+ {{ "on" "([^"]+)"; default', NGINX)
    assert transport == f"max-age={production.SECURE_HSTS_SECONDS}; includeSubDomains"
    policy = own.pop("content_security_policy")
    assert {"default-src 'none'", "frame-ancestors 'none'"} <= set(policy.split("; "))
    wanted = {**ALWAYS, "Cache-Control": "no-store"}
    assert own == {name.lower().replace("-", "_"): value for name, value in wanted.items()}
    said = dict(re.findall(r"^  add_header ([\w-]+) (\$own_\w+) always;$", NGINX, re.MULTILINE))
    named = [*wanted, "Content-Security-Policy", "Strict-Transport-Security"]
    assert said == {name: f"$own_{name.lower().replace('-', '_')}" for name in named}
    # One further in would undo these.
    assert len(re.findall(r"^ *add_header ", NGINX, re.MULTILINE)) == len(said)


def test_pages_are_led_to_tls_and_programs_refused() -> None:
    plain = NGINX[NGINX.index("listen 8080") : NGINX.index("listen 127.0.0.1:8081")]

    assert "location / { return 308 https://$host$request_uri; }" in plain
    for place in ("api", "hooks"):
        assert f"location /{place}/ {{ return 403; }}" in plain


def test_the_proxy_logs_no_secret_address() -> None:
    """Whoever knows that of the SMS callback can forge receipts and stop replies."""
    assert "map $uri $logged { ~^/hooks/sms/ /hooks/sms/-; default $uri; }" in NGINX
    (form,) = re.findall(r"log_format paths '(.+)';", NGINX)
    assert not {"$uri", "$request", "$request_uri", "$args"} & set(form.split())
    assert "error_log /dev/stderr alert;" in NGINX  # at "crit" stands the line of a request


def test_what_a_client_says_of_its_address_is_thrown_away() -> None:

    assert "proxy_set_header X-Forwarded-For $remote_addr;" in NGINX
    assert "proxy_set_header X-Forwarded-Proto https;" in NGINX
    assert environment("web")["TRUSTED_PROXIES"] == "1"
    assert not hasattr(production, "USE_X_FORWARDED_HOST")


def test_the_image_takes_in_what_is_named_and_no_history() -> None:
    taken = (PROJECT / ".dockerignore").read_text().splitlines()

    assert taken[0] == "*"
    named = {line.removeprefix("!") for line in taken if line.startswith("!")}
    assert named.isdisjoint({".git", ".", "tests", "benchmarks", "deploy", "deploy/secrets"})
    assert production.DEBUG is False


def test_the_image_starts_without_what_is_for_development(tmp_path: Path) -> None:
    lines = (PROJECT / ".dockerignore").read_text().splitlines()
    taken = [line[1:] for line in lines if line.startswith("!")]
    left = [line for line in lines if line.startswith("crm/")]
    for name in set(taken) & {"manage.py", "privacy", "crm", "consult", "followup", "templates"}:
        copy = shutil.copytree if (PROJECT / name).is_dir() else shutil.copy
        copy(PROJECT / name, tmp_path / name)
    for name in left:
        path = tmp_path / name
        assert path.exists(), name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert "crm/embedded" in left

    script = "import django; django.setup(); import crm.urls, crm.celery; crm.celery.app.loader"
    script += ".import_default_modules()"
    given = {
        "SECRET_KEY": "x" * 50, "DATABASE_URL": "postgres://x@127.0.0.1/x",
        "REDIS_URL": "redis://127.0.0.1/0", "PATH": "/usr/bin:/bin",
        "DJANGO_SETTINGS_MODULE": "crm.settings.production",
    }  # fmt: skip
    for command in (["manage.py", "check"], ["-c", script]):
        done = subprocess.run(
            [sys.executable, *command], cwd=tmp_path, env=given, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


def test_passwords_lie_under_argon2id() -> None:
    """The tests have a faster hash of their own."""
    told = (PROJECT / "crm" / "settings" / "base.py").read_text()

    assert re.findall(r"hashers\.(\w+)", told) == ["Argon2PasswordHasher"]
    assert "PASSWORD_HASHERS" not in (PROJECT / "crm/settings/production.py").read_text()
    hasher = Argon2PasswordHasher()
    assert hasher.memory_cost >= 19 * 1024  # KiB
    assert hasher.time_cost >= 2


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        # The phone number stands in the query of these calls.
        ({"SMS_GATEWAY_URL": "https://sms.example/"}, ""),
        ({"SMS_GATEWAY_URL": "http://sms.example/"}, "https://"),
        ({"AUDIT_SINK_SYSLOG": "tls://logs.example"}, ""),
        ({"AUDIT_SINK_SYSLOG": "unix:///dev/log"}, ""),
        ({"AUDIT_SINK_SYSLOG": "tcp://logs.example"}, "tls://"),
        ({"AUDIT_SINK_SYSLOG": "udp://logs.example"}, "tls://"),
        ({"AUDIT_SINK_SYSLOG": "TCP://logs.example"}, "tls://"),
        ({"AUDIT_HEAD_MAIL_TO": "a@b.example"}, ""),
        ({"AUDIT_HEAD_MAIL_TO": "a@b.example", "EMAIL_HOST": "mail.example"}, "EMAIL_USE_TLS"),
        (
            {"AUDIT_HEAD_MAIL_TO": "a@b.example", "EMAIL_HOST": "m.example", "EMAIL_USE_SSL": "1"},
            "",
        ),
    ],
)
def test_nothing_speaks_in_the_clear(asked: dict[str, str], word: str) -> None:
    script = "import crm.settings.production"
    given = {
        "SECRET_KEY": "x" * 50, "DATABASE_URL": "postgres://x@127.0.0.1/x",
        "REDIS_URL": "redis://127.0.0.1/0", "PATH": "/usr/bin:/bin", "SMS_GATEWAY_SECRET": "x",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True,
        env=given | asked, check=False,
    )  # fmt: skip
    assert (done.returncode != 0) is bool(word)
    assert word in done.stderr


def test_production_takes_no_root_from_its_environment() -> None:
    given = {
        "SECRET_KEY": "x" * 50, "DATABASE_URL": "postgres://x@127.0.0.1/x",
        "REDIS_URL": "redis://127.0.0.1/0", "PATH": "/usr/bin:/bin",
        "DJANGO_SETTINGS_MODULE": "crm.settings.production",
        "ROOT_PROVIDER": "privacy.encryption.providers.EnvRoots",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=PROJECT, capture_output=True, text=True,
        env=given, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "suian.E007" in done.stderr
