"""Files of exports: one each, closed to others, swept away when nobody owns them."""

from uuid import uuid4

import pytest

from privacy.exports import files


@pytest.fixture
def folder(settings, tmp_path):
    settings.EXPORTS_DIR = str(tmp_path / "exports")
    return tmp_path / "exports"


def test_a_new_try_replaces_what_an_older_one_left(folder):
    one = uuid4()
    files.write_half(one, 1, {"a": b"1"}, "x")
    half = files.write_half(one, 2, {"a": b"2"}, "x")
    assert list(folder.iterdir()) == [half]
    files.keep(half, one)
    files.keep(files.write_half(one, 3, {"a": b"3"}, "x"), one)
    assert list(folder.iterdir()) == [files.path_of(one)]
    assert folder.stat().st_mode & 0o777 == 0o700
    files.remove(one)
    assert list(folder.iterdir()) == []
    assert files.read(one) is None


def test_only_what_nobody_owns_is_swept_away(folder):
    mine, other = uuid4(), uuid4()
    for one in (mine, other):
        files.keep(files.write_half(one, 1, {"a": b"1"}, "x"), one)
    assert files.sweep(lambda: [mine]) == 1
    assert list(folder.iterdir()) == [files.path_of(mine)]


def test_without_a_folder_there_is_nothing_to_do(settings):
    settings.EXPORTS_DIR = ""
    assert files.sweep(list) == 0
    files.remove(uuid4())
    with pytest.raises(files.NoFolder):
        files.path_of(uuid4())
