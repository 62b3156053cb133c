"""Contents and differences encrypted at rest, where the configuration has a key for it.

Each row is sealed by itself with AES-256-GCM and a random nonce of 96 bits, bound to its place by associated
data, so that no row can stand in for another. A sealed row's codec is `x` and the codec of what is inside. What
stays readable: paths, times, digests, sizes and line counts, the first byte of a delta (its steps), and the
lists of pieces' digests. A content's digest is its SHA-256 all the same, so that each is stored once; a
difference's is keyed (HMAC), as short lines could be guessed from it.

A process holds one key, as an agent would: who opens a record asks here. `cryptography` is an extra.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import sqlite3
import time
from typing import TYPE_CHECKING

from fcm_tui.capture.codec import CodecError, is_delta
from fcm_tui.errors import ContentSealed, StoreError
from fcm_tui.store.contents.packing import CHUNKS, ContentRow
from fcm_tui.store.sealing.key import read_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from fcm_tui.store.reading.dialect import Connection

SEALED = "x"
"""In front of the codec of a sealed row."""
_NONCE = 12


class Sealer:
    """Seals and opens with one key. For any number of threads."""

    def __init__(self, key: bytes) -> None:
        """`key` is 32 bytes, of which one key for each purpose is derived.

        Raises:
            ContentSealed: the library is not there.
        """
        try:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        except ImportError:
            raise ContentSealed(
                "encryption needs the package `cryptography`: install it with `pip install 'fcm-tui[crypto]'`"
            ) from None
        self.key = key
        self.key_id = _derived(key, "key id")[:8]
        """Tells keys apart without telling anything of them."""
        self._contents = AESGCM(_derived(key, "contents"))
        self._lines = AESGCM(_derived(key, "lines"))
        self._digests = _derived(key, "difference digests")

    def seal_row(self, row: ContentRow) -> ContentRow:
        """A row of `contents` as it is stored; a list of pieces stays as it is."""
        if row.codec == CHUNKS:
            return row
        codec = SEALED + row.codec
        clear, secret = _split(row.codec, bytes(row.data))
        sealed = clear + _seal(self._contents, secret, _place(row.digest, row.chunk, codec))
        return row._replace(codec=codec, data=sealed)

    def open_data(self, digest: bytes, chunk: int, codec: str, data: bytes) -> bytes:
        """The data of a sealed row.

        Raises:
            CodecError: it was altered, or sealed with another key.
        """
        clear, sealed = _split(codec[len(SEALED) :], data)
        return clear + _open(self._contents, sealed, _place(digest, chunk, codec))

    def seal_lines(self, digest: bytes, side: str, lines: str | None) -> bytes | None:
        """A side of a difference, `affected` or `replaced`, as it is stored under its keyed digest."""
        if lines is None:
            return None
        return _seal(self._lines, lines.encode("utf-8", "surrogatepass"), digest + side.encode())

    def open_lines(self, digest: bytes, side: str, sealed: bytes) -> str:
        """The lines that were sealed.

        Raises:
            CodecError: as `open_data`.
        """
        return _open(self._lines, sealed, digest + side.encode()).decode("utf-8", "surrogatepass")

    def keyed(self, digest: bytes) -> bytes:
        """The digest under which a difference is stored."""
        return hmac.digest(self._digests, digest, "sha256")


class _Ring:
    """The key of this process, read when it is first needed."""

    def __init__(self) -> None:
        self.source: str | None = None
        self.sealer: Sealer | None = None


_ring = _Ring()


def hold(source: str | None) -> None:
    """From now on the key that this setting names (`sealing_key.read_key`), or none."""
    if source is None or source != _ring.source:
        _ring.source, _ring.sealer = source, None


def hold_key(key: bytes | None) -> None:
    """From now on this key, or none."""
    _ring.source, _ring.sealer = None, Sealer(key) if key is not None else None


def held() -> Sealer | None:
    """What seals and opens, or None where no key is configured.

    Raises:
        ContentSealed: the key cannot be had.
    """
    if _ring.sealer is None and _ring.source is not None:
        _ring.sealer = Sealer(read_key(_ring.source))
    return _ring.sealer


def opener(connection: Connection) -> Sealer:
    """What opens the sealed rows of a record.

    Raises:
        ContentSealed: there is no key, it cannot be had, or it is another one.
    """
    sealer, wanted = held(), keys_of(connection)
    names = " or ".join(key.hex() for key in wanted) or "that it no longer names"
    if sealer is None:
        raise ContentSealed(
            f"the record is encrypted with the key {names}: name it in [encryption] of the configuration"
        )
    if wanted and sealer.key_id not in wanted:
        raise ContentSealed(
            f"the record is encrypted with the key {names}, and [encryption] names the key {sealer.key_id.hex()}:"
            " name the right one"
        )
    return sealer


def keys_of(connection: Connection) -> list[bytes]:
    """The ids of the keys with which rows of a record are sealed."""
    try:
        # On a server a row says that nothing is sealed there, by an id without bytes.
        return [key_id for (key_id,) in connection.execute("SELECT key_id FROM sealing_keys") if key_id]
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise
        return []  # a record of an earlier schema, of which nothing is sealed


def sealer_for(connection: sqlite3.Connection) -> Sealer | None:
    """What a recorder seals with; the key is noted in the record. None where none is configured.

    Raises:
        StoreError: the record is sealed with another key, or its key is not there: nothing plain gets into it.
    """
    try:
        if keys_of(connection):
            return opener(connection)
        sealer = held()
    except ContentSealed as error:
        raise StoreError(str(error)) from None
    if sealer is not None:
        connection.execute("INSERT INTO sealing_keys VALUES (?, ?)", (sealer.key_id, time.time_ns()))
    return sealer


def _derived(key: bytes, purpose: str) -> bytes:
    """HKDF-Expand (RFC 5869) for one block, of a key that is random already."""
    return hmac.digest(key, f"fcm-tui {purpose}".encode() + b"\1", hashlib.sha256)


def _split(codec: str, data: bytes) -> tuple[bytes, bytes]:
    """What stays readable, a delta's steps, which the writer sets; and the rest."""
    return (data[:1], data[1:]) if is_delta(codec) else (b"", data)


def _place(digest: bytes, chunk: int, codec: str) -> bytes:
    return b"%b %d %b" % (digest, chunk, codec.encode("utf-8", "replace"))


def _seal(cipher: AESGCM, data: bytes, place: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + cipher.encrypt(nonce, data, place)


def _open(cipher: AESGCM, sealed: bytes, place: bytes) -> bytes:
    from cryptography.exceptions import InvalidTag

    try:
        return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], place)
    except (InvalidTag, ValueError, TypeError):
        raise CodecError("was altered since it was encrypted") from None
