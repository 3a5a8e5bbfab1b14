"""The auditor's own program: one definition of every form, every class of tampering once, and
input that means harm. ``make bench ARGS="log_tamper"`` does all classes at all spots.
"""

import ast
import io
import json
import re
import runpy
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from benchmarks.log_attacks import database, files, months
from benchmarks.log_attacks.export import Export, spots
from privacy.audit import offline_verifier as offline
from privacy.audit import rules
from privacy.audit.exporting import VERIFIER, Bundle, span_of
from privacy.audit.packing import as_zip, into_folder
from privacy.audit.sealing import public_bytes, seal_once, signing_key
from tests.factories.sizes import examples
from tests.privacy.audit.tampering import tamper
from tests.privacy.audit.test_rules import FACTS, GOLDEN, INPUTS, PLAIN, ROOTS


def run(*arguments: object) -> tuple[int, str]:
    """Exit code and what is printed."""
    out = io.StringIO()
    with redirect_stdout(out):
        code = offline.main([str(one) for one in arguments])
    return code, out.getvalue()


def first_bad(text: str) -> int | None:
    (found,) = re.findall(r"first bad number: (\S+)", text)
    return None if found == "-" else int(found)


class TestOneDefinition:
    def test_golden_vectors(self) -> None:
        assert offline.canonical(FACTS) == GOLDEN.encode()
        assert offline.digest_of(FACTS) == rules.digest(FACTS)

    @given(st.dictionaries(st.text("abcdef", min_size=1), PLAIN))
    def test_canonical_form_and_digest(self, facts: dict) -> None:
        read = json.loads(json.dumps(facts))
        assert offline.canonical(read) == rules.canonical(facts)
        assert offline.digest_of(read) == rules.digest(facts)

    @pytest.mark.parametrize("value", [1.5, float("nan"), {"a": [0.0]}])
    def test_what_has_no_form(self, value: object) -> None:
        assert offline.digest_of(value) == b""
        with pytest.raises(TypeError):
            rules.canonical({"x": value})

    @pytest.mark.parametrize(("count", "root"), ROOTS.items())
    def test_the_tree(self, count: int, root: str) -> None:
        leaves = [sha256(b"\0" + bytes.fromhex(text)).digest() for text in INPUTS[:count]]
        assert offline.merkle(leaves).hex() == root

    @given(st.lists(st.binary(min_size=32, max_size=32), max_size=40))
    def test_the_tree_of_any_leaves(self, leaves: list[bytes]) -> None:
        assert offline.merkle(list(leaves)) == rules.merkle_root(leaves)

    @given(st.integers(0, 2**62), st.binary(min_size=32, max_size=32))
    def test_the_chain(self, number: int, root: bytes) -> None:
        facts = {"number": number, "first_seq": 5, "count": 6, "xid_from": 7, "xid_to": 8,
                 "sealed_at": number}  # fmt: skip
        row = {**facts, "root": root.hex(), "previous": root.hex()}
        due = rules.checkpoint_chain(previous=root, root=root, **facts)
        assert offline.Checkpoint(row).due == due

    @pytest.mark.parametrize("month", ["2026-01", "2026-09", "2026-12"])
    def test_a_months_borders_in_clinic_time(self, month: str, settings) -> None:
        found = rules.month_borders(month, ZoneInfo(settings.TIME_ZONE))
        assert offline.borders(month) == tuple(int(one.timestamp()) * 10**6 for one in found)

    @pytest.mark.parametrize("month", ["", "2026-13", "2026-9", "1999-01", "2026-09-01"])
    def test_what_is_no_month(self, month: str) -> None:
        with pytest.raises(offline.Refused):
            offline.borders(month)
        with pytest.raises(ValueError, match="no month"):
            rules.month_borders(month, ZoneInfo("Asia/Shanghai"))


class TestEd25519:
    """Against RFC 8032, and against another implementation."""

    @pytest.mark.parametrize(
        ("public", "text", "signature"),
        [
            (
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                "",
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
                "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
            ),
            (
                "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
                "af82",
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
                "ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
            ),
        ],
    )
    def test_vectors_of_the_rfc(self, public: str, text: str, signature: str) -> None:
        key = offline.Key(bytes.fromhex(public))
        assert key.signed(bytes.fromhex(text), bytes.fromhex(signature))
        assert not key.signed(bytes.fromhex(text) + b"x", bytes.fromhex(signature))

    @given(
        st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.integers(0, 511),
        st.booleans(),
    )  # fmt: skip
    @hypothesis_settings(max_examples=examples(60))
    def test_it_agrees_with_openssl(self, seed: bytes, text: bytes, bit: int, flip: bool) -> None:
        private = Ed25519PrivateKey.from_private_bytes(seed)
        raw, signature = public_bytes(private), bytearray(private.sign(text))
        if flip:
            signature[bit // 8] ^= 1 << bit % 8
        try:
            Ed25519PublicKey.from_public_bytes(raw).verify(bytes(signature), text)
            good = True
        except InvalidSignature:
            good = False
        assert offline.Key(raw).signed(text, bytes(signature)) == good

    def test_a_signature_has_one_form(self) -> None:
        """Adding the group's order to the second half gives the same sum: it must be refused."""
        private = Ed25519PrivateKey.from_private_bytes(bytes(32))
        signature = private.sign(b"x")
        larger = int.from_bytes(signature[32:], "little") + offline.L
        forged = signature[:32] + larger.to_bytes(32, "little")
        assert offline.Key(public_bytes(private)).signed(b"x", signature)
        assert not offline.Key(public_bytes(private)).signed(b"x", forged)
        assert not offline.Key(public_bytes(private)).signed(b"x", b"")

    @pytest.mark.parametrize("raw", [b"", bytes(31), b"\xff" * 32, b"\x02" + bytes(31),
                                     b"\x01" + bytes(30) + b"\x80"])  # fmt: skip
    def test_what_is_no_key(self, raw: bytes) -> None:
        with pytest.raises(offline.Refused):
            offline.Key(raw)


class TestStandingAlone:
    def test_it_runs_on_python_3_9_with_nothing_installed(self) -> None:
        tree = ast.parse(VERIFIER.read_text(), feature_version=(3, 9))
        imported = {
            name.partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in [getattr(node, "module", None) or node.names[0].name]
        }
        assert imported <= sys.stdlib_module_names
        lines = VERIFIER.read_text()
        assert "from __future__ import annotations" in lines
        assert not re.search(r"strict=|slots=|\bmatch \w+:|from datetime import UTC", lines)

    def test_the_guide_has_every_sentence_in_both_languages(self) -> None:
        guide = (VERIFIER.parents[2] / "docs/auditing.md").read_text()
        for code, (english, chinese) in offline.WORDS.items():
            blanks = [sorted(re.findall(r"{\d}", one)) for one in (english, chinese)]
            assert blanks[0] == blanks[1], code
            printed = [re.sub(r"{\d}", "…", one).strip() for one in (english, chinese)]
            assert f"| `{code}` | {' | '.join(printed)} |" in guide, code

    def test_it_ends_with_its_exit_code(self, monkeypatch, tmp_path, capsys) -> None:
        monkeypatch.setattr(sys, "argv", ["offline_verifier.py", str(tmp_path)])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(VERIFIER), run_name="__main__")
        assert ended.value.code == 2
        assert "cannot check" in capsys.readouterr().out

    def test_help_and_wrong_use(self, capsys) -> None:
        with pytest.raises(SystemExit) as ended:
            offline.main(["--help"])
        assert ended.value.code == 0
        assert "docs/auditing.md" in capsys.readouterr().out
        with pytest.raises(SystemExit) as ended:
            offline.main([])
        assert ended.value.code == 2


@pytest.fixture
def sealed(carer, settings, tmp_path: Path) -> Path:
    """A sealed August and September, exported; the folder of the exports."""
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "heads.log")
    months.fill(carer)
    for month in (months.BEFORE, months.MONTH):
        into_folder(Bundle(span_of(month)), tmp_path)
    return tmp_path


@pytest.fixture
def whole(sealed: Path) -> Path:
    return sealed / f"audit-{months.MONTH}"


@pytest.fixture
def kit(sealed: Path, settings) -> Callable[..., list[str]]:
    """``kit("signer")``: arguments for what an auditor holds."""

    def arguments(*names: str) -> list[str]:
        held = {
            "signer": public_bytes(signing_key()).hex(),
            "previous": str(sealed / f"audit-{months.BEFORE}"),
        }
        extra = [text for name in names for text in (f"--{name}", held[name])]
        return ["--anchors", settings.AUDIT_ANCHOR_FILE, *extra]

    return arguments


@pytest.mark.django_db(transaction=True)
class TestWhole:
    def test_with_everything_an_auditor_holds(self, whole, kit) -> None:
        manifest = (whole / "manifest.json").read_bytes()
        digest = sha256(manifest).hexdigest()
        grouped = " ".join(digest[at : at + 4] for at in range(0, 64, 4)).upper()
        code, text = run(whole, *kit("signer", "previous"), "--digest", grouped,
                         "--head", json.loads(manifest)["head"])  # fmt: skip
        assert code == 0
        assert "month 2026-09: 24 events, numbers 13 to 36, in 6 checkpoints; withheld 0" in text
        assert "keys from outside the export" in text
        assert "anchored outside up to number 36" in text
        assert "unanchored tail" not in text
        assert text.endswith("WHOLE\n")
        assert sha256(VERIFIER.read_bytes()).hexdigest() in text

    def test_an_export_from_before_the_transaction_numbers(self, whole, kit, tmp_path) -> None:
        assert "transaction numbers: given" in run(whole)[1]
        export = Export.load(whole)
        for row in export.events:
            del row["xid"]
        export.manifest["schema"] = 1
        code, text = run(export.save(tmp_path / "old"), *kit("signer", "previous"))
        assert code == 0
        assert "transaction numbers: none, an older export" in text

    def test_a_line_says_what_its_schema_asks_for(self, whole, tmp_path) -> None:
        export = Export.load(whole)
        export.manifest["schema"] = 1  # and the numbers stay
        code, text = run(export.save(tmp_path / "mixed"))
        assert (code, first_bad(text)) == (1, 13)
        assert "(spelling)" in text
        export.manifest["schema"] = 3  # of no verifier
        code, text = run(export.save(tmp_path / "later"))
        assert code == 1
        assert "(manifest)" in text

    def test_a_transaction_number_that_its_checkpoint_rules_out(self, whole, tmp_path) -> None:
        for turn, key in enumerate(("xid_from", "xid_to")):
            export = Export.load(whole)
            head = next(one for one in export.own if one["number"] == export.seal(20)["checkpoint"])
            export.event(20)["xid"] = head[key] - (key == "xid_from")
            code, text = run(export.save(tmp_path / f"moved-{turn}"))
            assert (code, first_bad(text)) == (1, 20)
            assert "(transaction)" in text

    def test_by_itself_it_says_that_nothing_vouches_for_it(self, whole) -> None:
        code, text = run(whole)
        assert code == 0
        assert "its own word only" in text
        assert "unanchored tail: numbers 13 to 36" in text

    def test_a_copy_of_the_anchors_that_is_older(self, whole, sealed) -> None:
        old = sealed / "old.log"
        lines = (sealed / "heads.log").read_text().splitlines(keepends=True)
        old.write_text("".join(lines[:6]) + "torn" + "\n{}\n")
        code, text = run(whole, "--anchors", old)
        assert code == 0
        assert "anchored outside up to number 24" in text
        assert "unanchored tail: numbers 25 to 36" in text

    def test_contents_withheld_are_allowed_when_asked(self, tmp_path, sealed) -> None:
        made = into_folder(Bundle(span_of(months.MONTH), shown=lambda _page: set()), tmp_path / "x")
        code, text = run(made, "--withheld")
        assert code == 0
        assert "withheld 24" in text
        assert run(made)[0] == 1

    def test_in_chinese(self, whole) -> None:
        code, text = run(whole, "--lang", "zh")
        assert code == 0
        assert text.endswith("完好\n")

    def test_the_first_month_has_none_before_it(self, sealed) -> None:
        code, text = run(sealed / f"audit-{months.BEFORE}")
        assert code == 0
        assert "numbers 1 to 16" in text

    def test_a_zip_checked_by_its_own_copy_on_another_machine(self, sealed, kit) -> None:
        path = sealed / "september.zip"
        path.write_bytes(b"".join(as_zip(Bundle(span_of(months.MONTH)))))
        assert run(path, *kit("previous"))[0] == 0
        with zipfile.ZipFile(path) as archive:
            archive.extract("audit-2026-09/offline_verifier.py", sealed / "elsewhere")
        program = sealed / "elsewhere/audit-2026-09/offline_verifier.py"
        done = subprocess.run(
            [sys.executable, "-I", "-S", program, path, *kit("previous")],
            capture_output=True, text=True, check=False, cwd=sealed,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.endswith("WHOLE\n")

    def test_a_month_that_still_runs(self, carer, settings, tmp_path) -> None:
        settings.AUDIT_ANCHOR_FILE = str(tmp_path / "heads.log")
        months.write_one(carer, 0, 0)
        seal_once()
        month = f"{timezone.localtime():%Y-%m}"
        made = into_folder(Bundle(span_of(month)), tmp_path)
        code, text = run(made, "--anchors", settings.AUDIT_ANCHOR_FILE)
        assert code == 0
        assert "the month is not over" in text

        months.write_one(carer, 1, 1)
        seal_once()  # anchored, and not in the export: cut off, or the export is older
        code, text = run(made, "--anchors", settings.AUDIT_ANCHOR_FILE)
        assert (code, first_bad(text)) == (1, 2)
        assert "(newer)" in text

        with time_machine.travel(timezone.now() + timedelta(days=40)):
            code, text = run(made)
            assert (code, first_bad(text)) == (1, 2)
            assert "(end)" in text
            assert run(made, "--open")[0] == 0


@pytest.mark.django_db(transaction=True)
class TestTampering:
    """Every class once; the bench does five spots of each, by separate processes."""

    def test_every_class_on_the_files(self, whole, kit, tmp_path) -> None:
        wrong = []
        for turn, attack in enumerate(files.ATTACKS):
            export = Export.load(whole)
            spot = spots(export)[turn % 5]
            expected = attack.strike(export, spot)
            made = export.save(tmp_path / f"tampered-{turn}")
            code, text = run(made, *kit(*attack.kit))
            if (code, first_bad(text)) != (1, expected):
                wrong.append((attack.name, code, expected, text))
        assert wrong == []

    @pytest.mark.parametrize("attack", database.ATTACKS, ids=lambda one: one.name)
    def test_every_class_in_the_database(
        self, attack, carer, whole, kit, tmp_path, settings
    ) -> None:
        class Stage:
            actor = carer
            kept = ""

            def sql(self, *statements: str) -> None:
                tamper(*statements)

            def keep_anchors(self) -> None:
                self.kept = Path(settings.AUDIT_ANCHOR_FILE).read_text()

        stage = Stage()
        try:
            expected = attack.strike(stage, spots(Export.load(whole))[1])
            made = into_folder(Bundle(span_of(attack.month)), tmp_path / "after")
            if stage.kept:
                Path(settings.AUDIT_ANCHOR_FILE).write_text(stage.kept)
            code, text = run(made, *kit(*attack.kit))
            assert (code, first_bad(text)) == (1, expected), text
        finally:
            attach_again()

    def test_what_was_shown_whole_is_not_doubted(self, whole, kit, tmp_path) -> None:
        """A gap is the nearest fault; what cannot be proven because of it is told apart."""
        export = Export.load(whole)
        files.both_gone(export, spots(export)[2])
        code, text = run(export.save(tmp_path / "gap"), *kit())
        assert code == 1
        assert "gaps: 22-22" in text
        assert "proven up to number: 20" in text

    def test_every_gap_is_told(self, whole, kit, tmp_path) -> None:
        export = Export.load(whole)
        for spot in (spots(export)[0], spots(export)[2]):
            files.both_gone(export, spot)
        text = run(export.save(tmp_path / "gaps"), *kit())[1]
        assert re.search(r"gaps: (\d+)-\1, 22-22\n", text)

    def test_a_decoy_does_not_hide_what_is_before_it(self, whole, tmp_path) -> None:
        """An edit hashed up to the leaf, then a line deleted in the same checkpoint."""
        export = Export.load(whole)
        spot = spots(export)[0]
        files.own_leaf(export, spot)
        export.events.remove(export.event(spot.seq + 2))
        _code, text = run(export.save(tmp_path / "decoy"))
        assert first_bad(text) == spot.start

    def test_the_paper_is_asked(self, whole) -> None:
        for name in ("--digest", "--head"):
            code, text = run(whole, name, "ab" * 32)
            assert (code, first_bad(text)) == (1, None)
            assert "proven up to number: 36" in text
            assert "(paper)" in text

    def test_rows_nobody_asked_for(self, whole, tmp_path) -> None:
        export = Export.load(whole)
        export.events.append({**export.events[-1], "seq": 50})
        code, text = run(export.save(tmp_path / "stray"))
        assert (code, first_bad(text)) == (1, 50)
        assert "(stray)" in text
        assert "(twice)" not in text

    def test_one_event_under_two_numbers(self, whole, tmp_path) -> None:
        export = Export.load(whole)
        export.events[3] = {**export.events[2], "seq": export.events[3]["seq"]}
        code, text = run(export.save(tmp_path / "twice"))
        assert (code, first_bad(text)) == (1, 16)
        assert "(twice)" in text

    def test_a_seal_of_another_checkpoint_or_event(self, whole, tmp_path) -> None:
        for turn, change in enumerate(({"checkpoint": 9}, {"event": "00" * 16}, {"leaf": "?"})):
            export = Export.load(whole)
            export.seal(20).update(change)
            code, text = run(export.save(tmp_path / f"seal-{turn}"))
            assert (code, first_bad(text)) == (1, 20)

    def test_seals_gone_alone(self, whole, tmp_path) -> None:
        for bad, proven in ((20, "19"), (14, "13"), (13, "-")):
            export = Export.load(whole)
            export.seals.remove(export.seal(bad))
            code, text = run(export.save(tmp_path / f"unsealed-{bad}"))
            assert (code, first_bad(text)) == (1, bad)
            assert f"proven up to number: {proven}\n" in text

    def test_lines_that_cannot_be_read(self, whole, tmp_path) -> None:
        for turn, line in enumerate((b"\xff\n", b"[1]\n", b"null\n", b"{\n", b"[" * 99_999 + b"\n",
                                     b'{"event":5,"digest":"","mac":"","seq":20}\n',
                                     b'{"seq":' + b"9" * 5000 + b"}\n", b"\n",
                                     b'"' + b"x" * offline.LONGEST + b'"\n')):  # fmt: skip
            export = Export.load(whole)
            export.lines[20] = line
            code, text = run(export.save(tmp_path / f"line-{turn}"))
            assert (code, first_bad(text)) == (1, 20), line[:30]

    def test_checkpoints_that_cannot_be_read(self, whole, tmp_path) -> None:
        path = whole / "checkpoints.jsonl"
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join([*lines[:2], b"{\n", *lines[3:]]))
        code, text = run(whole)
        assert (code, first_bad(text)) == (1, 17)
        path.write_bytes(b"".join([*lines[:2], lines[2][:-1] + b" \n", *lines[3:]]))
        assert first_bad(run(whole)[1]) == 17

    def test_another_file_of_the_export(self, whole) -> None:
        (whole / "anchors.jsonl").unlink()
        code, text = run(whole)
        assert (code, first_bad(text)) == (1, None)
        assert "(manifest)" in text

    def test_anchors_of_the_export_that_do_not_fit(self, whole, tmp_path) -> None:
        export = Export.load(whole)
        export.anchors[3]["chain"] = "00" * 32
        code, text = run(export.save(tmp_path / "anchors"))
        assert (code, first_bad(text)) == (1, 21)

    def test_only_the_lowest_findings_are_kept(self, whole, tmp_path) -> None:
        export = Export.load(whole)
        for row in export.events:
            row["event"]["reason"] = "x"
            row["mac"] = "00" * 32
        _code, text = run(export.save(tmp_path / "all"))
        assert "NOT WHOLE: 48 findings" in text


def attach_again() -> None:
    """Partitions that an attack dropped or took off stand again."""
    from django.db import connection

    tamper("DROP TABLE IF EXISTS privacy_auditevent_202608, privacy_auditevent_202609")
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_ensure_partitions('2026-08-01', 2)")


@pytest.mark.django_db(transaction=True)
class TestHostileInput:
    """Exit code 2: never "whole", and nothing outside the named files is touched."""

    def test_nothing_there(self, tmp_path) -> None:
        (tmp_path / "text.zip").write_text("no zip")
        (tmp_path / "empty").mkdir()
        for name in ("missing", "text.zip", "empty"):
            code, text = run(tmp_path / name)
            assert code == 2
            assert "cannot check" in text

    def test_in_chinese(self, tmp_path) -> None:
        assert "无法核对" in run(tmp_path, "--lang", "zh")[1]

    def test_a_manifest_that_is_none(self, whole) -> None:
        good = (whole / "manifest.json").read_bytes()
        for body in (b"", b"[]\n", good + good, b'{"month":"2026-13"}\n', b"{}\n"):
            (whole / "manifest.json").write_bytes(body)
            assert run(whole)[0] == 2

    def test_no_checkpoint(self, whole) -> None:
        (whole / "checkpoints.jsonl").write_bytes(b"")
        assert run(whole)[0] == 2

    def test_a_key_that_is_none(self, whole) -> None:
        assert run(whole, "--signer", "ab")[0] == 2
        assert run(whole, "--signer", "no hex")[0] == 2

    def test_a_previous_export_without_checkpoints(self, whole, tmp_path, sealed) -> None:
        before = sealed / f"audit-{months.BEFORE}"
        (before / "checkpoints.jsonl").write_bytes(b"")
        assert run(whole, "--previous", before)[0] == 2

    def test_a_link_in_the_folder(self, whole, tmp_path) -> None:
        (tmp_path / "secret").write_text("{}")
        (whole / "seals.jsonl").unlink()
        (whole / "seals.jsonl").symlink_to(tmp_path / "secret")
        code, text = run(whole)
        assert code == 2
        assert "not a plain file" in text

    def test_a_folder_in_place_of_a_file(self, whole) -> None:
        (whole / "signers.json").unlink()
        (whole / "signers.json").mkdir()
        assert run(whole)[0] == 2

    @pytest.mark.parametrize(
        "names",
        [
            ["../manifest.json"],
            ["/etc/passwd"],
            ["a/manifest.json", "b/manifest.json"],
            ["audit/readme.txt"],
        ],
    )
    def test_names_that_lead_elsewhere(self, tmp_path, names: list[str]) -> None:
        with zipfile.ZipFile(tmp_path / "odd.zip", "w") as archive:
            for name in names:
                archive.writestr(name, "{}")
        code, text = run(tmp_path / "odd.zip")
        assert code == 2
        assert "not one of ours" in text

    def test_a_bomb(self, tmp_path, monkeypatch) -> None:
        path = tmp_path / "bomb.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("audit/events.jsonl", b"0" * 8_000_000)
        assert "not one of ours" in run(path)[1]
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("audit/events.jsonl", b"0" * 10_000)
        monkeypatch.setattr(offline, "LARGEST", 9_999)
        code, text = run(path)
        assert code == 2
        assert "too large" in text

    def test_a_zip_that_breaks_off(self, sealed) -> None:
        body = b"".join(as_zip(Bundle(span_of(months.MONTH))))
        for number, at in enumerate((200, 3000)):
            path = sealed / f"broken-{number}.zip"
            path.write_bytes(body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :])
            assert run(path)[0] == 2
