"""Index for Django's app registry. Never import from here: import from the feature."""

from consult.fees.models import (
    Estimate,
    EstimateLine,
    EstimateSeries,
    EstimateVersion,
    PriceItem,
)

__all__ = ["Estimate", "EstimateLine", "EstimateSeries", "EstimateVersion", "PriceItem"]
