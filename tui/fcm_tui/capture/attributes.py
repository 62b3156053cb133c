"""Extended attributes of a file (`man 7 xattr`): read as one set, and written down in one way.

A set is the JSON of [name, value] pairs in hexadecimal, sorted, without spaces: the same attributes are the same
bytes, whatever order the system lists them in. A file without attributes has the empty set, which costs one
system call to see. Only Linux has them in this shape; elsewhere nothing is said of a file's.
"""

from __future__ import annotations

import binascii
import errno
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence

from fcm_tui.capture.detectors import secret_in
from fcm_tui.watch.shortage import is_shortage

NONE = b""
"""The set of a file that has no attributes, and what stands for its digest. Where nothing is recorded it is None."""
MOST_BYTES = 1 << 20
"""Of a set as it is written down; a larger one is not recorded."""

RIGHTS = b"security."
"""How those begin that may let others run a file with rights."""

_OTHERS = (b"security.ima", b"security.evm")
"""The kernel makes these anew for each file, and a copied one would be wrong."""
_OVERLAY = b"trusted.overlay."
"""How an overlay keeps its books."""


class BadSet(ValueError):
    """The bytes are no set of attributes."""


def is_recorded(name: bytes) -> bool:
    """Whether an attribute belongs to the set."""
    return name not in _OTHERS and not name.startswith(_OVERLAY)


if sys.platform == "linux":

    def attributes_of(handle: int) -> bytes | None:
        """The set of an open file; None where it cannot be told, or is too large to record.

        Raises:
            OSError: descriptors or memory have run out.
        """
        try:
            listed = os.listxattr(handle)
            if not listed:
                return NONE
            names = [name for name in map(os.fsencode, listed) if is_recorded(name)]
            found = {name: os.getxattr(handle, name) for name in names}
        except OSError as error:
            if is_shortage(error):
                raise
            return None
        written = encode(found)
        return written if len(written) <= MOST_BYTES else None

    def give(handle: int, wanted: Mapping[bytes, bytes], *, owned: bool) -> list[bytes]:
        """Have an open file bear these attributes and no others; the names of those that the system refuses.

        Those that give rights are only set where the file has the owner that it had.
        """
        try:
            present = {name for name in map(os.fsencode, os.listxattr(handle)) if is_recorded(name)}
        except OSError:
            present = set()
        refused = []
        for name in sorted(present - wanted.keys()):
            try:
                os.removexattr(handle, name)
            except OSError as error:
                if error.errno != errno.ENODATA:  # an access list goes with its like
                    refused.append(name)
        for name, value in wanted.items():
            try:
                if name in present and os.getxattr(handle, name) == value:
                    continue
                if name.startswith(RIGHTS) and not owned:
                    refused.append(name)
                    continue
                os.setxattr(handle, name, value)
            except (
                OSError,
                ValueError,
            ):  # a name with a zero byte, which a record of another's making may have
                refused.append(name)
        return refused

else:

    def attributes_of(handle: int) -> bytes | None:
        """Nothing is told of attributes here."""
        return None

    def give(handle: int, wanted: Mapping[bytes, bytes], *, owned: bool) -> list[bytes]:
        """All are refused here."""
        return list(wanted)


def digest_of(written: bytes | None) -> bytes | None:
    """What stands for a set in the record: its SHA-256; `NONE` and None for themselves."""
    return hashlib.sha256(written).digest() if written else written


def encode(attributes: Mapping[bytes, bytes]) -> bytes:
    """A set as it is written down."""
    if not attributes:
        return NONE
    pairs = [[name.hex(), value.hex()] for name, value in sorted(attributes.items())]
    return json.dumps(pairs, separators=(",", ":")).encode()


def decode(written: bytes) -> dict[bytes, bytes]:
    """The attributes of a set, of those that belong to one.

    Raises:
        BadSet: it is none.
    """
    if written == NONE:
        return {}
    try:
        pairs = {binascii.unhexlify(name): binascii.unhexlify(value) for name, value in json.loads(written)}
    except (ValueError, TypeError, RecursionError) as error:
        raise BadSet(f"is no set of attributes ({error})") from error
    return {name: value for name, value in pairs.items() if name and is_recorded(name)}


def holds_secret(written: bytes, detectors: Sequence[str]) -> bool:
    """Whether a detector finds a secret in a name or a value."""
    return bool(detectors) and any(
        secret_in(part, detectors) for pair in decode(written).items() for part in pair
    )


def same(old: bytes | None, new: bytes | None) -> bool:
    """Whether two files' digests tell of no difference; that one of whom nothing was recorded has none is none."""
    return old == new or (old is None and new == NONE)


def differences(old: Mapping[bytes, bytes], new: Mapping[bytes, bytes]) -> Iterable[tuple[str, bytes]]:
    """What happened to which attribute, by name: `added`, `removed` or `changed`."""
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            yield "added", name
        elif name not in new:
            yield "removed", name
        elif old[name] != new[name]:
            yield "changed", name
