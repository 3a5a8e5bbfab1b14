"""Every door of the API that takes a body: what it says it takes, and one call that it accepts.

A feature adds a body for each new door; the addresses come from the resolver, the names from the
schema that programs read.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from re import sub
from typing import Any, Final

from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from crm.messaging.services import ensure_shipped_templates
from followup.plans.models import Plan
from followup.plans.services import ensure_shipped_plan_templates
from followup.reminders import services as reminders
from followup.reminders.forms import PAUSES, STOPS
from privacy.consent.models import ConsentText
from tests.architecture.routes import Route, routes
from tests.architecture.samples import World
from tests.factories.messages import answer

Body = dict[str, Any]
WRITES: Final = ("POST", "PUT", "PATCH")


@dataclass(frozen=True)
class Door:
    """One call of the API that writes. ``takes``: names by place, "" for the body itself."""

    route: Route
    method: str
    takes: Mapping[str, frozenset[str]]

    @property
    def name(self) -> str:
        return f"{self.method} {self.route.name}"

    def body(self, world: World) -> Body:
        """What it accepts of this world's viewer; the address is in ``world.kept``.

        Raises: LookupError naming the door that nobody wrote a body for.
        """
        if self.name not in BODIES:
            raise LookupError(f"add a body for {self.name!r} to tests/architecture/bodies.py")
        return BODIES[self.name](world)


def doors() -> Iterator[Door]:
    """All addresses of the API that take a body."""
    for route in routes():
        if not route.actions:
            continue
        path = "/" + sub(r"\(\?P<\w+>[^)]*\)", "{}", route.pattern).removesuffix("$")
        for method in WRITES:
            asked = _operations().get(path, {}).get(method.lower(), {}).get("requestBody")
            if asked and route.takes(method):
                schema = next(iter(asked["content"].values()))["schema"]
                yield Door(route, method, dict(_names(schema, "")))


@cache
def _schema() -> Any:
    return SchemaGenerator().get_schema(request=None, public=True)


def _operations() -> Mapping[str, Any]:
    """By path, whatever its parameters are called."""
    return {sub(r"{\w+}", "{}", path): one for path, one in _schema()["paths"].items()}


def _names(schema: Mapping[str, Any], place: str) -> Iterator[tuple[str, frozenset[str]]]:
    """The names a schema takes, at its top and in the lists within."""
    if "$ref" in schema:
        schema = _schema()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    fields = schema.get("properties", {})
    yield place, frozenset(name for name, one in fields.items() if not one.get("readOnly"))
    for name, one in fields.items():
        if one.get("type") == "array" and "$ref" in one["items"] and not one.get("readOnly"):
            inner = dict(_names(one["items"], name))
            yield from inner.items() if any(inner.values()) else ()


def _consent(_world: World) -> Body:
    words = ConsentText.objects.get(purpose="follow_up", language="zh-hans")
    return {"cell": "follow_up-sms", "answer": "granted", "manner": "spoken",
            "text_sha256": words.sha256}  # fmt: skip


def _new_plan(world: World) -> Body:
    ensure_shipped_templates()
    ensure_shipped_plan_templates()
    answer(world.patient)
    return {"template": "first-visit", "anchor_on": f"{timezone.localdate()}", "skip_past": True}


def _paused(world: World) -> Body:
    plan = Plan.objects.get(pk=world.kept["pk"])
    reminders.pause_plan(
        plan=plan, actor=world.viewer, version=plan.version, reason=PAUSES[0].value
    )
    return {"version": Plan.objects.get(pk=plan.pk).version}


LINE: Final = {"category": "basic", "item": "血检", "unit": "次", "quantity": "1", "low": "80.00"}
BODIES: Final[Mapping[str, Callable[[World], Body]]] = {
    "POST api:patient-list": lambda _world: {
        "name": "李雷", "phone": "13900139000", "chief_complaint": "复查",
    },
    "POST api:patient-consent-list": _consent,
    "POST api:consultation-list": lambda _world: {
        "channel": "wecom", "source": "referral", "worries": ["fees"],
        "disposition": "refer_to_visit", "next_step": "await_patient",
        "turns": [{"speaker": "patient", "text": "多少钱？"}],
    },
    "POST api:consultation-addenda": lambda _world: {"kind": "addition", "text": "补充一句"},
    "POST api:patient-estimate-list": lambda _world: {"title": "初诊检查", "lines": [LINE]},
    "POST api:patient-estimate-issue": lambda _world: {"revision": 1},
    "POST api:patient-plan-list": _new_plan,
    "POST api:patient-plan-pause": lambda _world: {"version": 1, "reason": PAUSES[0].value},
    "POST api:patient-plan-resume": _paused,
    "POST api:patient-plan-stop": lambda _world: {"version": 1, "reason": STOPS[0].value},
}  # fmt: skip
