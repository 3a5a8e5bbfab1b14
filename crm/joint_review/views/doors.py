"""What the doors of the joint review share."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest

from crm.joint_review.forms import FilterForm
from crm.staff.finding import not_found
from crm.staff.guards import StaffRequest
from privacy.access.policy import Permission, can
from privacy.errors import DomainError


def found_or_404(request: StaffRequest, target: str, act: Callable[[], Any]) -> Any:
    """What ``act`` gives; 404 and a booked attempt where it is not there for the viewer."""
    try:
        return act()
    except ObjectDoesNotExist as error:
        raise not_found(request, target) from error


def done(request: StaffRequest, target: str, act: Callable[[], Any], words: str) -> Any:
    """Do it and say so, or say why not; out: what it gave, None after a refusal."""
    try:
        made = found_or_404(request, target, act)
    except DomainError as error:
        messages.error(request, str(error))
        return None
    messages.success(request, words)
    return made


def may_judge(request: StaffRequest) -> bool:
    return can(request.user, Permission.JUDGE_REVIEW)


def asked_in(request: HttpRequest) -> dict[str, str]:
    """The filters of the address, to go on with."""
    return {name: value for name, value in FilterForm(request.GET).wanted().items() if value}
