"""Who may enter the data directory: an access list of Windows, as it has no mode bits."""

from __future__ import annotations

import ctypes
import os
import re
from pathlib import Path

import pytest

from fcm_tui.datadir import DataDir, open_data_dir
from tests.windows.system import not_on_wine, windows_only

pytestmark = windows_only
_OWNER_AND_LIST = 1 | 4
_OURS = {"SY", "BA", "OW"}
"""The system, the administrators, the owner."""


def rights(path: Path) -> tuple[str, list[str]]:
    """A file's or folder's owner, and whom its access list names."""
    from ctypes import wintypes

    advapi = ctypes.WinDLL("advapi32", use_last_error=True)
    descriptor, text = wintypes.LPVOID(), wintypes.LPWSTR()
    read = advapi.GetNamedSecurityInfoW
    read.argtypes = [
        wintypes.LPCWSTR, ctypes.c_int, wintypes.DWORD,
        wintypes.LPVOID, wintypes.LPVOID, wintypes.LPVOID, wintypes.LPVOID, ctypes.POINTER(wintypes.LPVOID),
    ]  # fmt: skip
    write = advapi.ConvertSecurityDescriptorToStringSecurityDescriptorW
    write.argtypes = [
        wintypes.LPVOID, wintypes.DWORD, wintypes.DWORD, ctypes.POINTER(wintypes.LPWSTR), wintypes.LPVOID,
    ]  # fmt: skip
    assert read(str(path), 1, _OWNER_AND_LIST, None, None, None, None, ctypes.byref(descriptor)) == 0
    assert write(descriptor, 1, _OWNER_AND_LIST, ctypes.byref(text), None)
    owner, _, entries = (text.value or "").partition("D:")
    return owner.removeprefix("O:"), re.findall(r";([^;()]+)\)", entries)


def test_only_its_owner_and_the_system_may_enter_it(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    data_dir = open_data_dir(str(tmp_path / "open" / "made" / "too"))
    for folder in (data_dir.path, data_dir.path.parent):
        owner, named = rights(folder)
        assert named
        assert set(named) <= _OURS | {owner}


@not_on_wine("what is made in a folder inherits no rights")
def test_what_is_made_in_it_is_no_more_open(data_dir: DataDir) -> None:
    lock = data_dir.try_lock()
    assert lock is not None
    with lock:
        owner, named = rights(data_dir.lock_file)
    assert set(named) <= _OURS | {owner}


def test_one_that_is_there_keeps_its_rights(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    before = rights(tmp_path / "data")
    open_data_dir(str(tmp_path / "data"))
    assert rights(tmp_path / "data") == before


@pytest.mark.parametrize("name", ["data.", "data ", "nul", "da:ta"])
def test_names_that_it_cannot_have_are_told(tmp_path: Path, name: str) -> None:
    """Or they are the folder that Windows makes of them; never a crash, and never a record in a stream."""
    from fcm_tui.errors import DataDirError

    try:
        data_dir = open_data_dir(f"{tmp_path}{os.sep}{name}")
    except DataDirError as error:
        assert "name another --data-dir" in str(error)
    else:
        assert data_dir.path.is_dir()
