"""What the server or the way to it said, sorted by what there is to do about it."""

from __future__ import annotations

import asyncio
import errno
import os
import ssl
from enum import StrEnum

from pymysql import err

from fcm_tui.errors import ServerRefused
from fcm_tui.store.mysql.wire import NONSENSE


class Failure(StrEnum):
    """What to do: `PASSES` try again; `MENDED` somebody has to mend it, try again seldom; `CONFLICT` undo, look
    again at what is there, and go on from that; `ROW` the server will never take one of these rows."""

    PASSES = "passes"
    MENDED = "mended"
    CONFLICT = "conflict"
    ROW = "row"


_DENIED = frozenset((1044, 1142, 1143, 1227, 1370))
_UNPREPARED = frozenset((1235, 1295, 1461))
_PASSING = frozenset(
    (
        1040, 1041, 1042, 1043, 1047, 1053, 1077, 1079, 1080, 1129, 1152, 1158, 1159, 1160, 1161, 1180, 1184,
        1203, 1290, 1317, 1792, 1836, 1927, 1969, 2000, 2002, 2003, 2005, 2006, 2013, 2014, 2027, 2055, 3024,
        3100, 4031,
    )
)  # fmt: skip
_ROW = frozenset(
    (1048, 1118, 1153, 1264, 1265, 1292, 1300, 1364, 1366, 1371, 1406, 1426, 1644, 1690, 3140, 3819, 4025)
)
_CONFLICT = frozenset((1020, 1062, 1205, 1213))
"""Changed meanwhile, a duplicate key, a lock waited for too long, a deadlock."""


def code_of(error: BaseException) -> int | None:
    """The server's number of an error, if it is one of a server."""
    if isinstance(error, err.MySQLError) and error.args and isinstance(error.args[0], int):
        return error.args[0]
    return None


def is_duplicate(error: BaseException) -> bool:
    """Whether a row with that key is there already."""
    return code_of(error) == 1062


def is_denied(error: BaseException) -> bool:
    """Whether the account may not do that."""
    return code_of(error) in _DENIED


def prepares_nothing(error: BaseException) -> bool:
    """Whether the server prepares no statement, or no more of them."""
    return code_of(error) in _UNPREPARED


def kind_of(error: BaseException) -> Failure:
    """What to do about an error of a connection."""
    code = code_of(error)
    if code in _CONFLICT:
        return Failure.CONFLICT
    if code in _ROW:
        return Failure.ROW
    if isinstance(error, ServerRefused) or _certificate(error) is not None:
        return Failure.MENDED
    if code is None or code in _PASSING or isinstance(error, err.InterfaceError):
        return Failure.PASSES
    return Failure.MENDED


def words(error: BaseException) -> str:
    """What went wrong, in a line."""
    certificate = _certificate(error)
    if certificate is not None:
        return f"the server's certificate is not trusted: {certificate.verify_message.rstrip('.')}"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, asyncio.TimeoutError | TimeoutError):
            return "the server does not answer"
        if isinstance(cause, OSError) and not isinstance(cause, err.MySQLError):
            said = os.strerror(cause.errno or 0) if cause.errno in errno.errorcode else "Unknown"
            return (cause.strerror or str(cause)) if said.startswith("Unknown") else said
        cause = cause.__cause__
    if isinstance(error, NONSENSE) and not isinstance(error, UnicodeEncodeError):
        return f"what the server answered does not fit ({type(error).__name__}: {error})"
    if isinstance(error, err.MySQLError) and len(error.args) > 1:
        return f"{error.args[1]} ({error.args[0]})"
    return str(error) or type(error).__name__


def _certificate(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error
        error = error.__cause__ or error.__context__
    return None
