"""What these tests share."""

from __future__ import annotations

from tests.mounting import mount

__all__ = ["mount"]
