"""Index for Django's app registry. Never import from here: import from the feature."""

from consult.consultations.models import Addendum, Consultation, Turn

__all__ = ["Addendum", "Consultation", "Turn"]
