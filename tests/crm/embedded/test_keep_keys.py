"""Keys are made once, are closed to others, and never replaced beside old data."""

import stat

import pytest

from crm.embedded import keys
from crm.embedded.home import Home, write_private


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_key_is_32_random_bytes_in_a_file_only_its_owner_reads(home: Home) -> None:
    keys.ensure_keys(home)

    values = [keys.read_key(home, name) for name in keys.NAMES]
    assert {len(bytes.fromhex(value)) for value in values} == {32}
    assert len(set(values)) == len(keys.NAMES)
    assert {mode(home.keys / name) for name in keys.NAMES} == {0o400}


def test_folders_are_closed_whatever_the_umask(home: Home) -> None:
    folders = [home.state, home.keys, home.logs, home.valkey, home.gateway]
    for folder in folders:
        folder.chmod(0o755)

    home.create()

    assert {mode(folder) for folder in folders} == {0o700}


def test_a_second_start_keeps_the_keys(home: Home) -> None:
    keys.ensure_keys(home)
    before = keys.read_key(home, "contact.root")

    keys.ensure_keys(home)

    assert keys.read_key(home, "contact.root") == before


def test_a_lost_key_beside_data_is_refused_not_replaced(home: Home) -> None:
    keys.ensure_keys(home)
    home.postgres.mkdir()
    (home.postgres / "PG_VERSION").write_text("18")
    (home.keys / "clinical.root").unlink()

    with pytest.raises(keys.KeysMissingError, match=r"clinical\.root"):
        keys.ensure_keys(home)

    assert not (home.keys / "clinical.root").exists()


def test_a_draft_left_by_a_crash_does_not_block_writing(home: Home) -> None:
    target = home.state / "file"
    target.with_name("file.new").write_text("half")

    write_private(target, "whole")

    assert target.read_text() == "whole"
    assert mode(target) == 0o600
