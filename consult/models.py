"""Index for Django's app registry. Never import from here: import from the feature."""

from consult.consultations.models import Addendum, Consultation, Turn
from consult.fees.models import (
    Estimate,
    EstimateLine,
    EstimateSeries,
    EstimateVersion,
    PriceItem,
)

__all__ = [
    "Addendum",
    "Consultation",
    "Estimate",
    "EstimateLine",
    "EstimateSeries",
    "EstimateVersion",
    "PriceItem",
    "Turn",
]
