"""TLS and sockets as targets need them: verified, bounded in time, and what went wrong in words."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator

from fcm_tui.alerts.targets.failure import NotSent


def tls_context(ca: str | None, *, verify: bool) -> ssl.SSLContext:
    """A context that verifies certificate and name, unless that was switched off.

    Raises:
        NotSent: the certificates to trust cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise NotSent(f"the certificates in {ca} cannot be read ({error}): mend ca") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


@contextlib.contextmanager
def told(where: str) -> Iterator[None]:
    """Around talking to a server: what the network or its certificate refuses is `NotSent`."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise NotSent(
            f"{where}: its certificate is not trusted ({error.verify_message}): name the one to trust as ca"
        ) from None
    except TimeoutError:
        raise NotSent(f"{where}: no answer in time") from None
    except socket.gaierror as error:
        raise NotSent(f"{where}: no such host ({error.strerror})") from None
    except OSError as error:
        raise NotSent(f"{where}: {error.strerror or error}") from None
