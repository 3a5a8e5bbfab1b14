"""What stands on a sheet, and that it is the same whoever draws it (S60)."""

import random
import uuid
from datetime import timedelta

import pytest
from django.test import override_settings

from crm.access_requests.events import AccessRequestEvent, BreakGlassEvent
from crm.inventory.events import InventoryEvent
from crm.joint_review import grounds, reading, rules, selectors, tasks
from crm.joint_review.models import ReviewSheet
from crm.joint_review.services import drawing
from crm.patients.events import PatientEvent
from crm.staff.events import StaffEvent
from privacy.audit.events import Kind, Registry
from privacy.audit.row_changes import RowEvent
from privacy.audit.sealing import seal_once
from privacy.custody.events import KeyEvent
from privacy.errors import AccessDenied, DomainError
from tests.crm.joint_review.conftest import MONDAY, NOW, WEEK, moment, on, seal_here, travelled
from tests.factories.people import PatientFactory

pytestmark = pytest.mark.django_db


class TestAlways:
    @pytest.mark.parametrize("seed", range(3))
    def test_every_use_of_break_glass_is_on_its_sheet(
        self, write, drawn, carer, colleague, patient, seed
    ) -> None:
        """Any mixture of events, at any time of the week."""
        lot, used = random.Random(seed), set()  # noqa: S311 - a mixture, no secret
        for _ in range(60):
            event = lot.choice([BreakGlassEvent.USED, PatientEvent.OPENED, PatientEvent.REVEALED])
            when = moment(MONDAY + timedelta(days=lot.randrange(7)), lot.randrange(24))
            made = write(lot.choice([carer, colleague]), event, at=when, subjects=[patient])
            used |= {made} if event is BreakGlassEvent.USED else set()
        sheet = drawn()
        assert on(sheet, "break_glass") == used
        assert sheet.events == 60
        assert sheet.counts["break_glass"] == len(used)

    def test_each_kind_that_is_looked_at_whole(self, write, drawn, carer, keeper, patient) -> None:
        wanted = {
            "export": write(keeper, InventoryEvent.EXPORTED),
            "grant": write(carer, AccessRequestEvent.APPROVED, subjects=[patient]),
            "rights": write(keeper, StaffEvent.FACTOR_RESET, target=f"staff:{carer.staff_no}"),
            "unattributed": write(None, RowEvent.UNATTRIBUTED, process="sealer", target="crm_x:1"),
            "self_joined": write(
                carer, PatientEvent.JOINED_TEAM, subjects=[patient],
                target=f"staff:{carer.staff_no}",
            ),
        }  # fmt: skip
        let_in = write(
            keeper, PatientEvent.JOINED_TEAM, target=f"staff:{carer.staff_no}", subjects=[patient]
        )
        sheet = drawn()
        for ground, event in wanted.items():
            more = {let_in, wanted["self_joined"]} if ground == "grant" else set()
            assert on(sheet, ground) == {event} | more, ground

    def test_new_exports_and_break_glass_need_no_line_here(self) -> None:
        for event in Registry.known.values():
            if event.kind in {Kind.EXPORT, Kind.BREAK_GLASS}:
                assert rules.grounds_of(event.kind, event.value), event

    def test_another_mark_joins_with_one_line(
        self, write, drawn, carer, patient, monkeypatch
    ) -> None:
        monkeypatch.setattr(grounds, "GROUNDS", dict(grounds.GROUNDS))
        grounds.add(
            "reveal_restricted", "x", always=True,
            find=lambda scene: [(one.id, {}) for one in scene.reveals],
        )  # fmt: skip
        seen = write(carer, PatientEvent.REVEALED, subjects=[patient])
        assert on(drawn(), "reveal_restricted") == {seen}


class TestSigns:
    def test_far_more_looks_than_usual(self, write, drawn, carer, patient) -> None:
        for back in range(1, 8):
            write(carer, times=4, subjects=[patient], at=moment(MONDAY - timedelta(days=back)))
        write(carer, times=12, subjects=[patient], at=moment(MONDAY, 10))
        burst = write(carer, times=13, subjects=[patient], at=moment(MONDAY + timedelta(1), 10))
        sheet = drawn()
        assert on(sheet, "burst") == {burst[12]}
        item = sheet.items.get(event_id=burst[12])
        assert item.facts["burst"] == {"count": 13, "usual": 4}

    def test_who_is_new_has_no_usual(self, write, drawn, carer, patient) -> None:
        write(carer, times=40, subjects=[patient])
        assert on(drawn(), "burst") == set()

    def test_outside_hours_the_first_act_stands_for_the_day(
        self, write, drawn, carer, patient
    ) -> None:
        first = write(carer, subjects=[patient], at=moment(MONDAY, 3))
        write(carer, times=2, subjects=[patient], at=moment(MONDAY, 22))
        write(carer, subjects=[patient], at=moment(MONDAY, 12))
        sheet = drawn()
        assert on(sheet, "off_hours") == {first}
        assert sheet.items.get(event_id=first).facts["off_hours"] == {"count": 3}
        assert sheet.counts["off_hours"] == 3

    def test_old_keys_that_end_are_one_line_a_day(self, write, drawn, patient) -> None:
        first, *_rest = write(
            None, KeyEvent.OLD_KEY_DESTROYED, process="x", subjects=[patient], times=3
        )
        sheet = drawn()
        assert on(sheet, "old_keys") == {first}
        assert sheet.items.get(event_id=first).facts["old_keys"] == {"count": 3}


class TestRest:
    def test_five_percent_of_what_no_ground_names(self, write, drawn, carer, patient) -> None:
        write(carer, times=41, subjects=[patient])
        write(carer, BreakGlassEvent.USED, subjects=[patient])
        sheet = drawn()
        assert len(on(sheet, "random")) == 3
        assert all(one.is_random for one in sheet.items.filter(grounds=["random"]))

    def test_an_auditor_draws_the_same(self, sheet) -> None:
        facts = reading.facts_of(sheet.clinic_id, sheet.since, sheet.until)
        named = {one.event_id for one in sheet.items.all() if not one.is_random}
        rest = [one.id for one in facts if one.id not in named]
        random.shuffle(rest)
        again = rules.sample(bytes.fromhex(sheet.seed), rest)
        assert set(again) == on(sheet, "random")
        assert again

    def test_the_seed_follows_from_the_head(self, sheet) -> None:
        head = reading.checkpoint(sheet.checkpoint)
        assert bytes(head.chain).hex() == sheet.chain
        seed = rules.seed_of(bytes(head.chain), clinic=sheet.clinic_id, kind="week", begins=MONDAY)
        assert seed.hex() == sheet.seed


class TestSheet:
    def test_it_is_drawn_once(self, sheet, drawn, clinic, booked) -> None:
        with travelled(NOW):
            assert drawing.draw(clinic=clinic, period=WEEK) == sheet
        (event,) = booked("review.drawn")
        assert event.detail["sha256"] == selectors.list_digest(sheet.items.all())
        assert (event.process, event.clinic) == ("joint-review", clinic.pk)

    def test_numbers_follow_time_and_each_event_has_its_stamp(self, sheet) -> None:
        items = list(sheet.items.all())
        assert [one.number for one in items] == list(range(1, len(items) + 1))
        assert [one.event_at for one in items] == sorted(one.event_at for one in items)
        assert all(one.seq and len(one.event_digest) == 64 for one in items)
        assert (str(sheet), str(items[0])) == ("2026-W45", f"1 of {sheet.pk}")

    def test_what_lies_outside_is_not_on_it(self, write, drawn, carer, patient, stranger) -> None:
        before = write(carer, BreakGlassEvent.USED, at=moment(MONDAY) - timedelta(days=1))
        after = write(carer, BreakGlassEvent.USED, at=moment(WEEK.ends, 0))
        foreign = write(stranger, BreakGlassEvent.USED)
        theirs = write(None, RowEvent.MISMATCH, process="x", subjects=[PatientFactory.create()])
        ours = write(None, RowEvent.MISMATCH, process="x", subjects=[patient])
        sheet = drawn()
        ids = set(sheet.items.values_list("event_id", flat=True))
        assert ids == {ours}
        assert not ids & {before, after, foreign, theirs}

    def test_a_week_without_events_has_a_sheet(self, drawn, keeper, write) -> None:
        write(keeper, at=moment(MONDAY) - timedelta(days=1))
        sheet = drawn()
        assert (sheet.events, sheet.items.count()) == (0, 0)

    def test_not_before_it_is_over(self, clinic, carer, write) -> None:
        write(carer)
        with travelled(moment(WEEK.ends, 0) + timedelta(seconds=30)):
            seal_here()
            with pytest.raises(drawing.TooEarly):
                drawing.draw(clinic=clinic, period=WEEK)

    def test_not_before_its_events_are_sealed(self, clinic, carer, write, keeper) -> None:
        with travelled(NOW), pytest.raises(drawing.TooEarly):
            drawing.draw(clinic=clinic, period=WEEK)  # nothing is sealed at all
        write(carer)
        seal_here()
        write(carer, at=moment(MONDAY, 15))
        with travelled(NOW):
            with pytest.raises(drawing.TooEarly):
                drawing.draw(clinic=clinic, period=WEEK)
            assert drawing.draw_due() == 0
            with pytest.raises(drawing.TooEarly):
                drawing.draw_next(actor=keeper)

    def test_the_clock_draws_what_is_missing(self, clinic, carer, write, elsewhere) -> None:
        write(carer)
        with travelled(moment(MONDAY + timedelta(days=30), 9)):
            seal_here()
            tasks.draw_due()
            labels = [one.label for one in ReviewSheet.objects.filter(clinic=clinic)]
            assert sorted(labels) == ["2026-11", "2026-W45", "2026-W46", "2026-W47", "2026-W48"]
            assert drawing.draw_due() == 0

    def test_by_hand(self, clinic, write, carer, keeper, booked) -> None:
        write(carer)
        with travelled(NOW):
            seal_here()
            with pytest.raises(AccessDenied):
                drawing.draw_next(actor=carer)
            made, left = drawing.draw_next(actor=keeper)
            assert (made.label, left) == ("2026-W45", 0)
            assert drawing.draw_next(actor=keeper) == (None, 0)
        assert booked("review.drawn")[0].actor == keeper.pk

    def test_by_hand_one_sheet_a_press_the_oldest_first(
        self, clinic, write, carer, keeper, sign_in_as
    ) -> None:
        write(carer)
        with travelled(moment(MONDAY + timedelta(days=16), 9)):
            seal_here()
            desk = sign_in_as(keeper)
            told = []
            for _press in range(3):
                sent = {"idempotency_key": f"{uuid.uuid4()}"}
                page = desk.post("/review/draw/", sent, follow=True)
                told.append([f"{one}" for one in page.context["messages"]][-1])
            labels = ReviewSheet.objects.filter(clinic=clinic).order_by("created_at")
            assert [one.label for one in labels] == ["2026-W45", "2026-W46"]
        assert ["1" in one for one in told] == [True, True, False]


class TestExtra:
    def test_from_a_day_until_now(self, write, carer, keeper, patient) -> None:
        used = write(carer, BreakGlassEvent.USED, subjects=[patient])
        with travelled(moment(MONDAY, 18)):
            seal_here()
            sheet = drawing.draw_extra(
                actor=keeper, begins=MONDAY, reason="收到患者投诉后复核相关访问"
            )
        assert on(sheet, "break_glass") == {used}
        assert (sheet.kind, sheet.label, sheet.drawn_by) == ("extra", "2026-11-02+", keeper)

    def test_up_to_what_is_sealed(self, write, carer, keeper, patient) -> None:
        write(carer, subjects=[patient])
        seal_here()
        late = moment(MONDAY, 15)
        write(carer, subjects=[patient], at=late)
        with travelled(moment(MONDAY, 18)):
            sheet = drawing.draw_extra(
                actor=keeper, begins=MONDAY, reason="收到患者投诉后复核相关访问"
            )
        assert (sheet.until, sheet.events) == (late, 1)

    def test_not_of_a_span_whose_events_are_not_settled(
        self, write, carer, keeper, patient
    ) -> None:
        write(carer, at=moment(MONDAY, 17, 59), subjects=[patient])
        seal_here()
        with travelled(moment(MONDAY, 18)), pytest.raises(drawing.TooEarly):
            drawing.draw_extra(actor=keeper, begins=MONDAY, reason="收到患者投诉后复核相关访问")
        assert not ReviewSheet.objects.exists()

    @pytest.mark.parametrize(
        ("back", "reason"),
        [(-1, "收到患者投诉后复核相关访问"), (93, "收到患者投诉后复核相关访问"), (0, "短")],
    )
    def test_within_bounds(self, keeper, back, reason) -> None:
        with travelled(moment(MONDAY, 18)), pytest.raises(DomainError):
            drawing.draw_extra(actor=keeper, begins=MONDAY - timedelta(days=back), reason=reason)

    def test_not_by_others_and_not_of_nothing(self, carer, keeper, write) -> None:
        with travelled(moment(MONDAY, 18)), pytest.raises(AccessDenied):
            drawing.draw_extra(actor=carer, begins=MONDAY, reason="收到患者投诉后复核相关访问")
        write(carer, at=moment(MONDAY) - timedelta(days=1))
        with travelled(moment(MONDAY, 18)), pytest.raises(drawing.TooEarly):
            drawing.draw_extra(actor=keeper, begins=MONDAY, reason="收到患者投诉后复核相关访问")


@override_settings(CLINIC_OPEN_FROM=0, CLINIC_OPEN_UNTIL=24)
def test_a_clinic_that_never_closes_has_no_outside(write, drawn, carer, patient) -> None:
    write(carer, subjects=[patient], at=moment(MONDAY, 3))
    assert on(drawn(), "off_hours") == set()


@pytest.mark.django_db(transaction=True)
def test_nobody_chooses_the_head_by_drawing_later(write, carer) -> None:
    since, until = WEEK.moments(moment(MONDAY).tzinfo)

    def head_after(hours: int) -> int:
        with travelled(NOW + timedelta(hours=hours)):
            seal_once()
            return reading.heads(since, until)[1].number

    assert reading.heads(since, until) is None
    write(carer)
    assert head_after(0) == 1
    write(carer, at=NOW)
    assert head_after(1) == 1
    write(carer, at=moment(MONDAY, 15))  # of the period after all: the head has to cover it
    assert head_after(2) == 3
