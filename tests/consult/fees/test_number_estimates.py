"""Numbers run without a gap and without a double, also when many ask at once."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from consult.fees import services
from consult.fees.lifecycle import State
from consult.fees.models import Estimate, EstimateVersion
from privacy.errors import DomainError
from tests.factories.fees import line, make_version
from tests.factories.people import ClinicFactory, PatientFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(count: int, act: Callable[[int], object]) -> list[object]:
    """Run ``act`` in threads that start together; what each returned or raised."""
    start, results = threading.Barrier(count), [None] * count

    def run(index: int) -> None:
        start.wait()
        try:
            results[index] = act(index)
        except DomainError as error:
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def serial(estimate: Estimate) -> int:
    return int(estimate.number.rsplit("-", 1)[1])


def test_eight_at_once_get_eight_numbers(patient, carer) -> None:
    def create(_index: int) -> int:
        return serial(make_version(patient, carer, lines=[line()]).estimate)

    assert sorted(at_once(8, create)) == list(range(1, 9))


def test_a_failed_estimate_leaves_no_gap(patient, carer) -> None:
    with pytest.raises(DomainError):
        make_version(patient, carer, title="")
    with pytest.raises(DomainError):
        make_version(patient, carer, lines=[line("")])

    assert serial(make_version(patient, carer).estimate) == 1


def test_each_clinic_and_year_counts_by_itself(patient, carer, time_machine) -> None:
    clinic = ClinicFactory.create()
    elsewhere = make_version(
        PatientFactory.create(clinic=clinic), UserFactory.create(clinic=clinic)
    )
    time_machine.move_to("2027-01-01T00:00:01+08:00", tick=False)
    first = make_version(patient, carer)

    assert elsewhere.estimate.number.endswith("-0001")
    assert first.estimate.number == "E-2027-0001"


def test_one_of_two_saves_wins(patient, carer) -> None:
    version = make_version(patient, carer)

    def save(index: int) -> EstimateVersion:
        return services.save_draft(
            version=version,
            revision=1,
            title="方案",
            reason="",
            lines=[line(low=f"{index}.00")],
            actor=carer,
        )

    results = at_once(4, save)

    refused = [one for one in results if isinstance(one, services.StaleDraft)]
    assert len(refused) == 3
    winner = next(index for index, one in enumerate(results) if not isinstance(one, DomainError))
    assert version.lines.get().price_low == winner


def test_a_version_is_issued_or_saved_never_both(patient, carer) -> None:
    for _again in range(5):
        version = make_version(patient, carer, lines=[line(low="1.00")])

        def act(index: int, version: EstimateVersion = version) -> EstimateVersion:
            if index:
                return services.issue_version(version=version, revision=1, actor=carer)
            return services.save_draft(
                version=version,
                revision=1,
                title="方案",
                reason="",
                lines=[line(low="2.00")],
                actor=carer,
            )

        saved, issued = at_once(2, act)

        version.refresh_from_db()
        assert isinstance(saved, DomainError) is not isinstance(issued, DomainError)
        price = version.lines.get().price_low
        assert (version.state, price) == (
            (State.ISSUED, 1) if isinstance(saved, DomainError) else (State.DRAFT, 2)
        )


def test_two_revisions_at_once_are_one_draft(patient, carer) -> None:
    version = make_version(patient, carer, state=State.ISSUED)

    results = at_once(
        3, lambda _index: services.revise_estimate(estimate=version.estimate, actor=carer)
    )

    assert sum(isinstance(one, services.DraftInTheWay) for one in results) == 2
    assert EstimateVersion.objects.count() == 2
