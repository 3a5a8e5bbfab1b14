"""Roots on three sheets: any two give them back, one gives nothing, and they are printed once."""

import io
from itertools import permutations
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, OperationalError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from privacy.access.policy import Role
from privacy.audit.database.base import DatabaseWrapper
from privacy.custody import escrow
from privacy.custody.models import RootEscrow
from privacy.custody.sharing import Half, SheetUnreadable, join, split
from privacy.encryption import keys
from privacy.encryption.providers import FileRoots, provider
from tests.factories.people import number_of

roots = st.binary(min_size=32, max_size=32)


class TestSplit:
    @given(roots)
    def test_any_two_give_the_root_back(self, root) -> None:
        held = split("contact", root)
        for one, other in permutations(held, 2):
            assert join(held[one], held[other]) == {"contact": root}

    @given(roots, roots)
    def test_one_sheet_is_as_likely_for_every_root(self, root, other) -> None:
        """Whatever a custodian holds could have come from any other root, by another pad."""
        mine = split("contact", root, random=lambda _n: bytes(32))[2]
        pads = iter([bytes(a ^ b for a, b in zip(root, other, strict=True)), bytes(32), bytes(32)])
        assert split("contact", other, random=lambda _n: next(pads))[2] == mine

    @given(roots)
    def test_a_sheet_with_itself_gives_nothing(self, root) -> None:
        held = split("contact", root)
        assert join(held[1], held[1]) == {}

    @given(roots, st.sampled_from([(1, 2), (1, 3), (2, 3)]))
    def test_a_line_comes_back_from_paper(self, value, pair) -> None:
        half = Half("clinical", pair, value)
        assert Half.read(half.line()) == half
        assert Half.read(half.line().upper().replace("CLINICAL", "clinical")) == half

    @given(roots, st.integers(0, 78), st.sampled_from("0123456789abcdef"))
    def test_a_mistyped_character_is_caught(self, value, at, typed) -> None:
        line = Half("audit", (1, 3), value).line()
        start = line.index(":") + 2
        wrong = line[: start + at] + typed + line[start + at + 1 :]
        if line[start + at] == " " or wrong == line:
            return
        with pytest.raises(SheetUnreadable, match="audit 13"):
            Half.read(wrong)

    @pytest.mark.parametrize(
        "line",
        ["", "audit", "audit 1: 00 = 00", "audit 12: zz = 00", "audit 12: 00 = 00", "audit 99: "],
    )
    def test_what_is_no_line_is_refused(self, line) -> None:
        with pytest.raises(SheetUnreadable):
            Half.read(line)

    def test_a_pair_that_does_not_exist_is_refused(self) -> None:
        with pytest.raises(SheetUnreadable):
            Half.read(Half("audit", (2, 1), bytes(32)).line())


def run(command: str, *arguments: str) -> str:
    out = io.StringIO()
    who = ["--staff", number_of(Role.SECURITY_ADMIN)] if command == "escrow_roots" else []
    call_command(command, *arguments, *who, stdout=out)
    return out.getvalue()


@pytest.fixture
def sheets(db, tmp_path: Path) -> list[Path]:
    run("escrow_roots", "--to", str(tmp_path))
    return sorted(tmp_path.glob("sheet-*.txt"))


class TestEscrow:
    def test_any_two_sheets_bring_all_roots_back(self, sheets, tmp_path) -> None:
        for one, other in permutations(sheets, 2):
            to = tmp_path / f"{one.stem}-{other.stem}"
            to.mkdir()
            run("recover_roots", str(one), str(other), "--to", str(to))
            for name in escrow.ROOTS:
                assert FileRoots(str(to)).root(name) == provider().root(name)

    def test_no_sheet_holds_a_root_and_each_is_closed_to_others(self, sheets) -> None:
        assert [path.stat().st_mode & 0o777 for path in sheets] == [0o400] * 3
        for path in sheets:
            typed = "".join(path.read_text().split())
            for name in escrow.ROOTS:
                assert provider().root(name).hex() not in typed

    def test_they_are_printed_once_for_a_root(self, sheets, tmp_path, booked) -> None:
        again = tmp_path / "again"
        again.mkdir()
        with pytest.raises(CommandError):
            run("escrow_roots", "--to", str(again))
        assert list(again.iterdir()) == []
        assert len(booked("keys.escrowed")) == 1
        assert escrow.is_printed("contact") == RootEscrow.objects.get(root="contact")

    def test_a_new_root_has_new_shares(self, sheets, tmp_path, monkeypatch) -> None:
        to = tmp_path / "new"
        to.mkdir()
        for name in ("CONTACT", "CLINICAL", "AUDIT"):
            monkeypatch.setenv(f"SUIAN_ROOT_{name}", "ab" * 32)
        assert escrow.is_printed("contact") is None
        keys.forget()
        try:
            run("escrow_roots", "--to", str(to))
        finally:
            monkeypatch.undo()
            keys.forget()
        assert len(list(to.iterdir())) == 3

    def test_a_sheet_is_never_replaced(self, db, tmp_path) -> None:
        (tmp_path / "sheet-2.txt").write_text("somebody's")
        with pytest.raises(CommandError, match="sheet-2"):
            run("escrow_roots", "--to", str(tmp_path))
        assert not RootEscrow.objects.exists()
        assert [path.name for path in tmp_path.iterdir()] == ["sheet-2.txt"]

    def test_what_cannot_be_booked_leaves_no_sheet(
        self, transactional_db, tmp_path, settings, booked
    ) -> None:
        """The second sink is told at the COMMIT, when the sheets are long written."""
        keeper = number_of(Role.SECURITY_ADMIN)
        to = tmp_path / "sheets"
        to.mkdir()
        settings.AUDIT_SINK_DIR = str(tmp_path / "missing")
        with pytest.raises(CommandError):
            call_command("escrow_roots", "--to", str(to), "--staff", keeper)
        assert list(to.iterdir()) == []
        settings.AUDIT_SINK_DIR = ""
        assert not RootEscrow.objects.exists()
        assert not booked("keys.escrowed")
        call_command("escrow_roots", "--to", str(to), "--staff", keeper, stdout=io.StringIO())
        assert len(list(to.iterdir())) == 3

    def test_where_the_server_died_at_the_commit_the_sheets_stay(
        self, transactional_db, tmp_path, monkeypatch
    ) -> None:
        """It may hold them as printed: then there are no others."""
        keeper = number_of(Role.SECURITY_ADMIN)

        def dies(_self: object) -> None:
            raise OperationalError("server closed the connection unexpectedly")

        with monkeypatch.context() as patch:
            patch.setattr(DatabaseWrapper, "_commit", dies)
            with pytest.raises(CommandError, match="not known"):
                call_command("escrow_roots", "--to", str(tmp_path), "--staff", keeper)
        assert len(list(tmp_path.iterdir())) == 3

    @pytest.mark.parametrize("how", [OSError, KeyboardInterrupt])
    def test_all_sheets_are_written_or_none(self, db, tmp_path, monkeypatch, how) -> None:
        steps = iter([None, how()])

        def fsync(_file: int) -> None:
            if (error := next(steps)) is not None:
                raise error

        monkeypatch.setattr(escrow.os, "fsync", fsync)
        with pytest.raises((CommandError, KeyboardInterrupt)):
            run("escrow_roots", "--to", str(tmp_path))
        assert list(tmp_path.iterdir()) == []
        assert not RootEscrow.objects.exists()

    def test_the_record_proves_a_sheet_and_cannot_be_changed(self, sheets) -> None:
        from hashlib import sha256

        row = RootEscrow.objects.get(root="audit")
        assert row.share_digests == [sha256(path.read_bytes()).hexdigest() for path in sheets]
        assert str(row) == "shares of audit"
        for statement in ("DELETE FROM privacy_rootescrow", "UPDATE privacy_rootescrow SET root=1"):
            with (
                pytest.raises(DatabaseError, match="denied"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)

    def test_recovery_says_what_is_wrong(self, sheets, tmp_path) -> None:
        one, other = (str(path) for path in sheets[:2])
        with pytest.raises(CommandError, match="two different sheets"):
            run("recover_roots", one, one, "--to", str(tmp_path))
        text = sheets[0].read_text()
        typed = tmp_path / "typed.txt"
        typed.write_text(text.replace("audit 12: ", "audit 12: 0"))
        with pytest.raises(CommandError, match="audit 12"):
            run("recover_roots", str(typed), other, "--to", str(tmp_path))
        typed.write_text("\n".join(row for row in text.splitlines() if "audit 12:" not in row))
        with pytest.raises(CommandError, match="two different sheets"):
            run("recover_roots", str(typed), other, "--to", str(tmp_path))
        typed.write_text(text.replace("check contact: ", "check contact: 0"))
        with pytest.raises(CommandError, match="two printings"):
            run("recover_roots", str(typed), other, "--to", str(tmp_path))
        with pytest.raises(CommandError, match="nowhere"):
            run("recover_roots", str(tmp_path / "nowhere"), other, "--to", str(tmp_path))
        assert list(tmp_path.glob("*.root")) == []

    def test_a_root_that_was_not_the_printed_one_is_not_written(self, sheets) -> None:
        texts = [path.read_text() for path in sheets[:2]]
        for line in texts[0].splitlines():
            if line.startswith("check contact"):
                texts = [text.replace(line, "check contact: " + "00" * 16) for text in texts]
        with pytest.raises(SheetUnreadable, match="not the one that was printed"):
            escrow.recover(texts)
