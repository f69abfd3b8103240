"""The boxes' folders: what nobody holds any more is cleared, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenmatsu.drill.folders import clear_leftovers, own_folder


@pytest.fixture(autouse=True)
def _in_a_folder_of_our_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_a_folder_is_gone_after_its_box() -> None:
    with own_folder() as folder:
        (folder / "inner").mkdir()
        assert folder.exists()
    assert not folder.exists()


def test_a_folder_that_is_held_stays() -> None:
    with own_folder() as folder:
        clear_leftovers()
        assert folder.exists()


def test_a_folder_that_nobody_holds_is_cleared(tmp_path: Path) -> None:
    left = tmp_path / "tenmatsu-box-left"
    left.mkdir(mode=0o700)
    (left / "lock").touch(mode=0o600)
    (left / "web1.raw").touch()
    clear_leftovers()
    assert not left.exists()


def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    open_to_all = tmp_path / "tenmatsu-box-open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    (open_to_all / "lock").touch()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    link = tmp_path / "tenmatsu-box-link"
    link.symlink_to(elsewhere)
    unlocked = tmp_path / "tenmatsu-box-being-made"
    unlocked.mkdir(mode=0o700)
    clear_leftovers()
    assert set(tmp_path.iterdir()) == {open_to_all, elsewhere, link, unlocked}
