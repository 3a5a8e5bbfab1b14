"""Finding steps, through the eyes of one viewer."""

from uuid import UUID

from crm.staff.models import User
from followup.schedules.models import Step


def step_of_staff(staff: User, step_id: UUID) -> Step:
    """One step. Raises: Step.DoesNotExist also when ``staff`` may not know it."""
    return (
        Step.objects.visible_to(staff)
        .select_related("plan__patient__subject", "plan__template", "message")
        .get(pk=step_id)
    )
