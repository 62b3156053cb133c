"""Extended attributes on the real file system, where it has them."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

Attributes = dict[str, bytes]


def _takes(name: str, value: bytes) -> bool:
    """Whether the file system of temporary files lets us set an attribute."""
    if sys.platform != "linux":
        return False
    with tempfile.NamedTemporaryFile() as file:
        try:
            os.setxattr(file.fileno(), name, value)
        except OSError:
            return False
    return True


CAPABILITY = bytes.fromhex("0100000200040000000000000000000000000000")
"""`cap_net_bind_service=ep`, as Linux writes it: version 2, effective, little-endian."""
HAS_USER = _takes("user.fcm", b"1")
HAS_ROOT = HAS_USER and _takes("trusted.fcm", b"1") and _takes("security.capability", CAPABILITY)
needs_user = pytest.mark.skipif(
    not HAS_USER, reason="no user.* attributes on the file system of temporary files"
)
needs_root = pytest.mark.skipif(
    not HAS_ROOT,
    reason="no right to set trusted.* and security.capability on the file system of temporary files",
)
ACCESS = bytes.fromhex(
    "0200000001000600ffffffff020004000100000004000400ffffffff10000400ffffffff20000400ffffffff"
)
"""`system.posix_acl_access`: user::rw-, user 1:r--, group::r--, mask::r--, other::r--."""


def bear(path: Path, attributes: Attributes) -> None:
    """Give a file these attributes, and no others."""
    if sys.platform == "linux":
        for name in os.listxattr(path):
            if name not in attributes:
                os.removexattr(path, name)
        for name, value in attributes.items():
            os.setxattr(path, name, value)


def borne(path: Path | bytes) -> Attributes:
    """The attributes that a file has."""
    if sys.platform != "linux":
        return {}
    return {name: os.getxattr(path, name) for name in sorted(os.listxattr(path))}
