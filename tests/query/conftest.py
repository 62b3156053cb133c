"""The record of the screens' tests, for filters to be tried on."""

from tests.review.conftest import empty, record

__all__ = ["empty", "record"]
