"""Which files of a root are secrets: by their names, or by what is found in them."""

from __future__ import annotations

from collections.abc import Sequence

from fcm_tui.watch.ignore import IgnoreRules


class SecretRules:
    """The rules of one root."""

    def __init__(
        self, root: bytes, patterns: Sequence[str], detectors: tuple[str, ...], allowed: Sequence[str]
    ) -> None:
        """`patterns` name secret files, `allowed` those in which the detectors are not to look.

        Raises:
            ConfigError: a pattern is not gitignore syntax.
        """
        self._named = IgnoreRules(root, patterns)
        self._detectors = detectors
        self._allowed = IgnoreRules(root, allowed) if allowed else None

    def by_name(self, path: bytes) -> bool:
        """Whether a file is a secret whatever is in it."""
        return self._named.matches_path(path)

    def detectors(self, path: bytes) -> tuple[str, ...]:
        """The detectors that are to look into a file."""
        return () if self._allowed is not None and self._allowed.matches_path(path) else self._detectors
