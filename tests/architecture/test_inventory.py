"""Nothing is stored that the data inventory does not speak for (R1)."""

from privacy.inventory import HIGH, entries, faults, own_models
from tests.architecture.test_models import own_models as models_of_packages


def test_every_field_has_its_line_and_every_line_its_field() -> None:
    assert faults() == []


def test_all_of_our_tables_are_looked_at() -> None:
    assert set(own_models()) == set(models_of_packages())


def test_the_inventory_is_told() -> None:
    found = entries()
    high = sum(one.data_class in HIGH for one in found)
    sealed = sum(one.sealed for one in found)
    print(f"inventory: {len(found)} fields, {high} of C3 and C4, {sealed} sealed")  # noqa: T201 - a figure to read
    assert high >= sealed > 0
