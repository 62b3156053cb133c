"""Ed25519 keys and signatures of heads, through `cryptography`, which is an extra: `fcm-tui[crypto]`."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import TYPE_CHECKING

from fcm_tui.errors import UsageError
from fcm_tui.private_file import open_private
from fcm_tui.store.trust.anchors import Anchor, Head

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

NEEDS = "needs the package `cryptography`: install it with `pip install 'fcm-tui[crypto]'`"


def make_keys(path: Path) -> Path:
    """Write a new private key to `path` (PEM, 0600), and the public one beside it, whose path is returned.

    Raises:
        UsageError: a file is there already, or cannot be written.
    """
    _require()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    public = path.with_name(f"{path.name}.pub")
    private_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public_pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for file in (path, public):
        if os.path.lexists(file):
            raise UsageError(f"{file} is there already: name another file for the key")
    try:
        for file, pem in ((path, private_pem), (public, public_pem)):
            descriptor = open_private(file)
            with open(descriptor, "wb") as out:
                out.write(pem)
    except OSError as error:
        raise UsageError(f"{path}: the key cannot be written ({error.strerror}): name another file") from None
    return public


def sign(head: Head, key_file: Path) -> Anchor:
    """An anchor of a head, signed with the private key of a file.

    Raises:
        UsageError: the file cannot be read or is no private Ed25519 key.
    """
    return Anchor(head, base64.b64encode(_private(key_file).sign(head.signed_bytes)).decode())


class Checker:
    """Checks signatures with the public key of a file."""

    def __init__(self, key_file: Path) -> None:
        """Read the key.

        Raises:
            UsageError: the file cannot be read or is no public Ed25519 key.
        """
        self._key = _public(key_file)

    def why_not(self, anchor: Anchor) -> str:
        """Why an anchor is not signed with this key, as the end of a sentence; empty where it is."""
        from cryptography.exceptions import InvalidSignature

        if anchor.signature is None:
            return "is not signed"
        try:
            self._key.verify(base64.b64decode(anchor.signature), anchor.head.signed_bytes)
        except InvalidSignature:
            return "was altered, or signed with another key"
        return ""


def _private(path: Path) -> Ed25519PrivateKey:
    _require()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(_read(path), None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{path}: not a private Ed25519 key: `fcm-tui anchor --make-key FILE` makes one")
    return key


def _public(path: Path) -> Ed25519PublicKey:
    _require()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(_read(path))
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(
            f"{path}: not a public Ed25519 key: name the .pub file of `fcm-tui anchor --make-key`"
        )
    return key


def _read(path: Path) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(1 << 16)
    except OSError as error:
        raise UsageError(f"{path}: the key cannot be read ({error.strerror}): name its file") from None


def _require() -> None:
    try:
        import cryptography  # noqa: F401 - only whether it is there
    except ImportError:
        raise UsageError(f"signing {NEEDS}") from None
