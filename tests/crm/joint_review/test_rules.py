"""Periods, limits, the sample and the digest (S60)."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.joint_review import rules
from crm.joint_review.rules import Kind, Period, Side

ZONE = ZoneInfo("Asia/Shanghai")
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
IDS = st.lists(st.uuids(), unique=True, max_size=300)


class TestPeriods:
    @pytest.mark.parametrize(
        ("of", "day", "begins", "ends", "label"),
        [
            (rules.week_of, "2026-11-08", "2026-11-02", "2026-11-09", "2026-W45"),
            (rules.week_of, "2027-01-03", "2026-12-28", "2027-01-04", "2026-W53"),
            (rules.month_of, "2026-12-31", "2026-12-01", "2027-01-01", "2026-12"),
            (rules.month_of, "2028-02-10", "2028-02-01", "2028-03-01", "2028-02"),
        ],
    )
    def test_of_a_day(self, of, day, begins, ends, label) -> None:
        found = of(date.fromisoformat(day))
        assert (found.begins.isoformat(), found.ends.isoformat()) == (begins, ends)
        assert found.label == label

    @given(DAYS, st.integers(0, 400))
    def test_those_that_are_over_follow_without_a_gap(self, first, more) -> None:
        today = first + timedelta(days=more)
        for kind, of in ((Kind.WEEK, rules.week_of), (Kind.MONTH, rules.month_of)):
            found = [one for one in rules.periods(first, today) if one.kind is kind]
            assert all(one.ends <= today for one in found)
            assert all(a.ends == b.begins for a, b in pairwise(found))
            assert not found or found[0].begins <= first < found[0].ends
            assert of(found[-1].ends if found else first).ends > today

    def test_moments_are_of_the_clinics_zone(self) -> None:
        since, until = rules.week_of(date(2026, 11, 2)).moments(ZONE)
        assert since.astimezone(UTC) == datetime(2026, 11, 1, 16, tzinfo=UTC)
        assert until - since == timedelta(days=7)

    @pytest.mark.parametrize(
        ("at", "late"),
        [
            ("2026-12-13T23:59:59.999999", False),  # the 35th day has not ended
            ("2026-12-14T00:00:00", True),  # 35 days after the 9th
            ("2026-12-13T00:00:00", False),  # 34 days
        ],
    )
    def test_overdue_at_35_days_exactly(self, at, late) -> None:
        moment = datetime.fromisoformat(at).replace(tzinfo=ZONE)
        assert rules.week_of(date(2026, 11, 2)).is_overdue(moment, ZONE) is late
        assert rules.week_of(date(2026, 11, 2)).is_overdue(moment.astimezone(UTC), ZONE) is late

    def test_a_month_too(self) -> None:
        month = Period(date(2026, 11, 1), date(2026, 12, 1), Kind.MONTH)
        assert not month.is_overdue(datetime(2027, 1, 4, 23, 59, tzinfo=ZONE), ZONE)
        assert month.is_overdue(datetime(2027, 1, 5, tzinfo=ZONE), ZONE)


class TestSides:
    def test_two_roles_review_and_no_other(self) -> None:
        assert rules.side_of("security_admin") is Side.IT
        assert rules.side_of("medical_qc") is Side.QC
        assert rules.side_of("auditor") is rules.side_of("system_admin") is None

    def test_what_one_side_did_the_other_judges(self) -> None:
        assert rules.reserved_for("security_admin") is Side.QC
        assert rules.reserved_for("medical_qc") is Side.IT
        assert rules.reserved_for("doctor") is rules.reserved_for("") is None

    @given(st.sampled_from([*Side, None]), st.booleans(), st.sampled_from(["", "it", "qc"]))
    def test_nobody_judges_their_own(self, side, own, only) -> None:
        me = uuid4()
        may = rules.may_judge(me, side, actor=me if own else uuid4(), only=only)
        assert may == (side is not None and not own and only in {"", side})
        assert rules.may_judge(me, side, actor=None, only="") == (side is not None)


class TestSample:
    @given(IDS, st.binary(min_size=32, max_size=32), st.integers(0, 100))
    def test_so_many_of_them_each_once(self, ids, seed, percent) -> None:
        drawn = rules.sample(seed, ids, percent=percent)
        assert len(drawn) == -(-len(ids) * percent // 100)
        assert len(set(drawn)) == len(drawn)
        assert set(drawn) <= set(ids)

    @given(IDS, st.binary(min_size=32, max_size=32), st.randoms())
    def test_neither_order_nor_repeats_matter(self, ids, seed, lot) -> None:
        mixed = [*ids, *ids[:3]]
        lot.shuffle(mixed)
        assert rules.sample(seed, mixed) == rules.sample(seed, ids)

    @given(IDS, st.binary(min_size=32, max_size=32))
    def test_a_larger_share_holds_the_smaller(self, ids, seed) -> None:
        assert set(rules.sample(seed, ids)) <= set(rules.sample(seed, ids, percent=20))

    def test_by_hand(self) -> None:
        """As docs/auditing.md says it, with any SHA-256."""
        ids = [UUID(int=number) for number in range(40)]
        assert [one.int for one in rules.sample(bytes(32), ids)] == [24, 6]

    def test_another_head_another_seed(self) -> None:
        clinic, day = UUID(int=1), date(2026, 11, 2)
        seeds = {
            rules.seed_of(chain, clinic=clinic, kind=kind, begins=begins)
            for chain in (bytes(32), bytes(31) + b"1")
            for kind in ("week", "month")
            for begins in (day, day + timedelta(days=7))
        }
        assert len(seeds) == 8


class TestGrounds:
    @pytest.mark.parametrize(
        ("kind", "action", "grounds"),
        [
            ("breakglass", "break_glass.used", ["break_glass"]),
            ("breakglass", "break_glass.judged", ["break_glass", "grant"]),
            ("export", "audit.exported", ["export"]),
            ("access", "access_request.approved", ["grant"]),
            ("system", "rows.unattributed", ["unattributed"]),
            ("change", "staff.created", ["rights"]),
            ("view", "patient.opened", []),
        ],
    )
    def test_by_kind_and_action(self, kind, action, grounds) -> None:
        assert rules.grounds_of(kind, action) == grounds

    @pytest.mark.parametrize(
        ("counts", "limit"),
        [
            ([], None),
            ([5, 5, 5, 5], None),  # too few days to know
            ([1, 1, 1, 1, 1, 0, 0], 10),  # days off do not count, and ten is nothing
            ([4, 6, 8, 6, 4, 0], 18),
            ([4, 6, 8, 6, 4, 8], 18),
        ],
    )
    def test_three_times_the_own_median(self, counts, limit) -> None:
        assert rules.threshold(counts) == limit


class TestDigest:
    def test_it_is_of_everything(self) -> None:
        one = rules.digest({"a": 1, "b": [1, "x"]})
        assert one == rules.digest({"b": [1, "x"], "a": 1})
        assert one != rules.digest({"a": 1, "b": [1, "y"]})
        assert len(one) == 64
        with pytest.raises(TypeError):
            rules.digest({"a": 1.5})

    def test_groups(self) -> None:
        assert rules.groups("abcdefghij") == ["abcdefgh", "ij"]
