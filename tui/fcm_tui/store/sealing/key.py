"""Where the key comes from that contents and differences are encrypted with: a file, the environment, the keyring."""

from __future__ import annotations

import os
from collections.abc import Mapping

from fcm_tui.errors import ContentSealed
from fcm_tui.private_file import OthersCanRead, read_private

VARIABLE = "FCM_ENCRYPTION_KEY"
SERVICE, NAME = "fcm-tui", "encryption"
"""Under which the keyring has it."""
_DIGITS = 64


def read_key(source: str, environ: Mapping[str, str] = os.environ) -> bytes:
    """The 32 bytes that `file:PATH`, `environment` or `keyring` names, written as 64 hexadecimal digits.

    Raises:
        ContentSealed: they cannot be had, with what to do about it.
    """
    if source == "environment":
        text, where = environ.get(VARIABLE), f"the environment variable {VARIABLE}"
    elif source == "keyring":
        text, where = _in_keyring(), f"the keyring's entry {NAME} of {SERVICE}"
    else:
        path = source.removeprefix("file:")
        text, where = _in_file(path), f"the key file {path}"
    if text is None:
        raise ContentSealed(f"{where} is not there: the encryption key stands in it, 64 hexadecimal digits")
    text = text.strip()
    if len(text) != _DIGITS or any(digit not in "0123456789abcdefABCDEF" for digit in text):
        raise ContentSealed(f"{where} holds no encryption key: write 64 hexadecimal digits into it")
    return bytes.fromhex(text)


def _in_file(path: str) -> str | None:
    try:
        content = read_private(path, 1024)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ContentSealed(f"the key file {path} cannot be read ({error.strerror}): mend that") from None
    except OthersCanRead:
        raise ContentSealed(f"others can read the key file {path}: `chmod 600` it") from None
    return content.decode("ascii", "replace")


def _in_keyring() -> str | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise ContentSealed(
            "the keyring needs the package `keyring`: install it with `pip install 'fcm-tui[crypto]'`"
        ) from None
    try:
        return keyring.get_password(SERVICE, NAME)
    except (KeyringError, RuntimeError) as error:
        raise ContentSealed(f"the keyring cannot be read ({error}): unlock it, or use a key file") from None
