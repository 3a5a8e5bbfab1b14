"""What is held of prices and estimates: what a line says is sealed, what it costs is counted."""

from django.utils.translation import gettext_lazy as _

from consult.fees.models import Estimate, EstimateLine, EstimateSeries, EstimateVersion, PriceItem
from privacy.inventory import LINK, ORDER, STATE, WHEN, WHO, Basis, c0, c1, c4, of

_PRICE = _("What an item costs, for everybody")
_AMOUNT = _("What a treatment may cost the patient")

TABLES = (
    of(
        PriceItem,
        Basis.NONE,
        c0(_PRICE, "clinic", "code", "category", "name", "unit", "price", "insurance",
           "insurance_note", "is_optional"),
        c0(WHEN, "effective_from", "effective_until"),
    ),
    of(EstimateSeries, Basis.NONE, c1(ORDER, "clinic", "year", "last")),
    of(
        Estimate,
        Basis.SERVICE,
        c1(LINK, "patient", "clinic"),
        c1(ORDER, "number", "newest"),
        c4(_("Which treatment the estimate is for"), "title", basis=Basis.HEALTH),
        c1(STATE, "state"),
        c1(WHO, "created_by"),
    ),
    of(
        EstimateVersion,
        Basis.SERVICE,
        c1(LINK, "estimate"),
        c1(ORDER, "number", "revision", "copies"),
        c4(_("Why the cost changed, as the patient is told"), "reason", basis=Basis.HEALTH),
        c1(STATE, "state"),
        c1(WHO, "created_by", "saved_by", "issued_by", "explained_by", "answered_by"),
        c1(WHEN, "issued_at", "explained_at", "answered_at"),
    ),
    of(
        EstimateLine,
        Basis.SERVICE,
        c1(LINK, "version"),
        c1(ORDER, "key", "position"),
        c4(_("What is to be paid for"), "item", "unit", "insurance_note", basis=Basis.HEALTH),
        c1(_AMOUNT, "category", "quantity", "price_low", "price_high", "amount_low", "amount_high",
           "insurance", "is_optional", "by_occurrence"),
    ),
)  # fmt: skip
