"""Atomic writes: the old content or the new one, and nothing left over."""

import os

import pytest

from marl_kit.core import files
from marl_kit.core.errors import MarlKitError


def test_text_and_bytes(tmp_path):
    path = tmp_path / "x"
    files.write_atomic(path, "é\n")
    assert path.read_bytes() == "é\n".encode()
    files.write_atomic(path, b"\x00")
    assert path.read_bytes() == b"\x00"
    assert os.listdir(tmp_path) == ["x"]


def test_a_failure_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x"
    files.write_atomic(path, "old")

    def refuse(*_):
        raise OSError("disk full")

    monkeypatch.setattr(files.os, "fsync", refuse)
    with pytest.raises(MarlKitError, match="disk full"):
        files.write_atomic(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["x"]


def test_permissions(tmp_path):
    path, plain = tmp_path / "x", tmp_path / "plain"
    plain.write_text("")
    files.write_atomic(path, "")
    assert path.stat().st_mode == plain.stat().st_mode
    path.chmod(0o640)
    files.write_atomic(path, "again")
    assert path.stat().st_mode & 0o777 == 0o640
