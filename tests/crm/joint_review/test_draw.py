"""What stands on a sheet, and that it is the same whoever draws it (S60)."""

import random
import uuid
from datetime import timedelta

import pytest
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from crm.access_requests.events import AccessRequestEvent, BreakGlassEvent
from crm.inventory.events import InventoryEvent
from crm.joint_review import grounds, reading, rules, selectors, tasks
from crm.joint_review.models import ReviewSheet
from crm.joint_review.services import drawing
from crm.patients.events import PatientEvent
from crm.patients.guards import minors_until
from crm.patients.models import PatientClinical, PatientGuard
from crm.patients.services.care import add_to_team, hand_over_team, remove_from_team
from crm.patients.services.guarding import mark_if_minor
from crm.scheduling import services as scheduling
from crm.scheduling.models import Visit
from crm.staff.events import StaffEvent
from privacy.access.policy import Role
from privacy.audit.events import Kind, Registry
from privacy.audit.models import mac_key
from privacy.audit.row_changes import RowEvent
from privacy.audit.sealing import seal_once
from privacy.custody.events import KeyEvent
from privacy.encryption.keys import derive, forget
from privacy.encryption.providers import RootNotHeld
from privacy.errors import AccessDenied, DomainError
from tests.crm.joint_review.conftest import MONDAY, NOW, WEEK, moment, seal_here, travelled
from tests.factories.access import used_long_ago
from tests.factories.people import PatientFactory, UserFactory

pytestmark = pytest.mark.django_db
WHY = "收到患者投诉后复核相关访问"


def on(sheet: ReviewSheet, ground: str) -> set:
    return set(sheet.items.filter(grounds__contains=[ground]).values_list("event_id", flat=True))


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

    def test_plain_text_of_a_possible_minor(self, write, drawn, carer, clinic) -> None:
        """By the mark: from before it was set until it was lifted."""
        child, grown, unknown = (PatientFactory.create(clinic=clinic) for _ in range(3))
        for one, year in ((child, "2015"), (grown, "1990")):
            with travelled(moment(MONDAY, 15)):
                mark_if_minor(patient=one, birth_year=year, id_number="")
        seen = [
            write(carer, PatientEvent.REVEALED, subjects=[child], at=moment(MONDAY, hour))
            for hour in (10, 16, 18)
        ]
        write(carer, PatientEvent.REVEALED, subjects=[grown, unknown])
        PatientGuard.objects.filter(patient=child).update(
            until=moment(MONDAY, 17), lifted_by=carer, lift_asked_by=carer,
            lift_asked_at=moment(MONDAY, 17),
        )  # fmt: skip
        assert on(drawn(), "reveal_minor") == set(seen[:2])

    def test_a_second_mark_counts_after_the_first_was_lifted(self, carer, patient) -> None:
        for _twice in range(2):
            PatientGuard.objects.filter(patient=patient).update(
                until=timezone.now(), lifted_by=carer, lift_asked_by=carer,
                lift_asked_at=timezone.now(),
            )  # fmt: skip
            mark_if_minor(patient=patient, birth_year="2015", id_number="")
        assert minors_until([patient.code]) == {patient.code: None}

    def test_the_worker_finds_what_the_pages_find(
        self, write, carer, keeper, clinic, monkeypatch, booked
    ) -> None:
        """The worker holds the contact root and may sign events; it opens nothing clinical."""
        people = [PatientFactory.create(clinic=clinic) for _ in range(4)]
        told = zip(people, ("2015", "1990", "", "2015"), strict=True)
        for one, year in told:
            clinical = PatientClinical.objects.get(patient=one)
            clinical.birth_year = year
            clinical.save()
            mark_if_minor(patient=one, birth_year=year, id_number="")
        people[1].contact.set_id_number("11010119900307109X")
        people[1].contact.save()
        for one in people:
            write(carer, PatientEvent.REVEALED, subjects=[one])
        seal_here()
        leaf = mac_key().hex()
        with travelled(NOW):
            by_hand = drawing.draw_extra(actor=keeper, begins=MONDAY, reason=WHY)
            with monkeypatch.context() as worker:
                worker.delenv("SUIAN_ROOT_CLINICAL")
                worker.delenv("SUIAN_ROOT_AUDIT")
                worker.setenv("SUIAN_ROOT_AUDIT_MAC", leaf)
                forget()
                with pytest.raises(RootNotHeld):
                    derive("clinical", "x")
                by_clock = drawing.draw(clinic=clinic, period=WEEK)
            forget()
        assert len(on(by_clock, "reveal_minor")) == 2
        for ground in set(grounds.GROUNDS) - {rules.RANDOM}:
            assert on(by_clock, ground) == on(by_hand, ground), ground
        assert not booked("review.age_read")

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

    def test_neither_booked_nor_assigned(
        self, write, drawn, carer, colleague, receptionist, patient, clinic
    ) -> None:
        booked = PatientFactory.create(clinic=clinic)
        with travelled(moment(MONDAY, 9)):
            scheduling.expect_today(patient=booked, purpose=Visit.Purpose.FIRST, actor=receptionist)
        mine = UserFactory.create(clinic=clinic, role=Role.FRONT_DESK)
        registered = PatientFactory.create(clinic=clinic, registered_by=mine)
        write(carer, subjects=[patient])  # on the care team
        write(receptionist, subjects=[booked])
        write(mine, subjects=[registered])
        write(UserFactory.create(clinic=clinic, role=Role.FINANCE), subjects=[patient])
        write(receptionist, subjects=[patient, booked])  # a list
        odd = {
            write(colleague, subjects=[patient], at=moment(MONDAY, 11)),
            write(colleague, subjects=[booked], at=moment(MONDAY, 11)),
            write(receptionist, subjects=[patient], at=moment(MONDAY, 11)),
        }
        write(colleague, subjects=[patient], at=moment(MONDAY, 12))  # the same day again
        assert on(drawn(), "out_of_relation") == odd

    def test_joining_after_the_look_explains_nothing(
        self, write, drawn, carer, colleague, patient
    ) -> None:
        early = write(colleague, subjects=[patient], at=moment(MONDAY, 10))
        with travelled(moment(MONDAY, 11)):
            add_to_team(patient=patient, member=colleague, actor=carer)
        write(colleague, subjects=[patient], at=moment(MONDAY + timedelta(1), 10))
        assert on(drawn(), "out_of_relation") == {early}

    def test_who_has_left_was_on_the_team_then(
        self, write, drawn, carer, colleague, patient
    ) -> None:
        """Joined, left and joined again; and the carer, as old as the record, left for good."""
        looks, days = [], [MONDAY + timedelta(days=day) for day in range(5)]
        for day, act in zip(days, ("in", "out", "in", "out", ""), strict=True):
            looks.append(write(colleague, subjects=[patient], at=moment(day, 8)))
            with travelled(moment(day, 9)):
                if act == "in":
                    add_to_team(patient=patient, member=colleague, actor=carer)
                elif act:
                    row = patient.care_team.get(staff=colleague)
                    remove_from_team(patient=patient, member_id=row.pk, actor=carer)
        write(carer, subjects=[patient], at=moment(days[2], 8))
        with travelled(moment(days[3], 12)):
            row = patient.care_team.get(staff=carer)
            remove_from_team(patient=patient, member_id=row.pk, actor=carer)
        gone = write(carer, subjects=[patient], at=moment(days[4], 8))
        assert on(drawn(), "out_of_relation") == {looks[0], looks[2], looks[4], gone}

    def test_a_place_that_was_handed_over_is_the_successors_since_then(
        self, write, drawn, carer, colleague, keeper, patient
    ) -> None:
        write(carer, subjects=[patient], at=moment(MONDAY, 10))
        early = write(colleague, subjects=[patient], at=moment(MONDAY, 10))
        with travelled(moment(MONDAY, 12)):
            hand_over_team(leaver=carer, successor=colleague, actor=keeper)
        tuesday = MONDAY + timedelta(days=1)
        late = write(carer, subjects=[patient], at=moment(tuesday, 10))
        write(colleague, subjects=[patient], at=moment(tuesday, 10))
        assert on(drawn(), "out_of_relation") == {early, late}

    def test_old_keys_that_end_are_one_line_a_day(self, write, drawn, patient) -> None:
        first, *_rest = write(
            None, KeyEvent.OLD_KEY_DESTROYED, process="x", subjects=[patient], times=3
        )
        sheet = drawn()
        assert on(sheet, "old_keys") == {first}
        assert sheet.items.get(event_id=first).facts["old_keys"] == {"count": 3}

    def test_without_name_search_the_sheet_says_what_it_does_not(
        self, write, drawn, carer, keeper, settings, sign_in_as, client
    ) -> None:
        settings.NAME_SEARCH = False
        write(carer)
        sheet = drawn()
        settings.NAME_SEARCH = True  # what a sheet says is frozen
        assert [one.code for one in grounds.unexamined_on(sheet.counts)] == ["same_surname"]
        browser = sign_in_as(keeper)
        for door in ("sheet", "print"):
            page = browser.get(
                reverse(f"review:{door}", args=[sheet.pk]), headers={"accept-language": "en"}
            )
            assert "Not examined: Same surname as the patient" in page.content.decode()

    def test_access_for_a_time_explains_a_look(self, write, drawn, colleague, patient) -> None:
        with travelled(moment(MONDAY, 10)):
            used_long_ago(patient, colleague, minutes=10)
        write(colleague, subjects=[patient], at=moment(MONDAY, 10))
        late = write(colleague, subjects=[patient], at=moment(MONDAY + timedelta(1), 10))
        assert on(drawn(), "out_of_relation") == {late}

    def test_the_same_surname_without_opening_a_name(self, write, drawn, clinic, booked) -> None:
        from crm.patients.rules import name_tokens

        def named(name: str):
            one = PatientFactory.create(clinic=clinic)
            one.contact.set_name(name, name_tokens(name))
            one.contact.save()
            return one

        wang = UserFactory.create(clinic=clinic, display_name="王小明")
        ouyang = UserFactory.create(clinic=clinic, display_name="欧阳静")
        smith = UserFactory.create(clinic=clinic, display_name="Smith")
        relative, other, namesake = named("王芳"), named("李芳"), named("欧阳峰")
        first = write(wang, subjects=[relative])
        write(wang, subjects=[relative], at=moment(MONDAY, 15))
        write(wang, subjects=[other])
        second = write(ouyang, subjects=[namesake])
        write(ouyang, subjects=[relative])
        write(smith, subjects=[relative])
        assert on(drawn(), "same_surname") == {first, second}
        (event,) = booked("review.names_compared")
        assert event.codes == []
        assert event.detail == {"alike": 2, "pairs": 5, "people": 3}
        assert "王" not in str(event.facts())


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
