"""Posting to an address: JSON, signed where a secret is given. Redirections are not followed."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import time
from urllib.parse import urlsplit

from fcm_tui import __version__
from fcm_tui.alerts.alert import Alert
from fcm_tui.alerts.targets.connecting import tls_context, told
from fcm_tui.alerts.targets.failure import NotSent
from fcm_tui.alerts.targets.secret import one_line, read_secret
from fcm_tui.settings.alert_targets import web_address
from fcm_tui.settings.targets import WebhookTarget
from fcm_tui.settings.values import BadValue

_ANSWER = 4096


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over the time in seconds, a dot, and the body: who receives it can refuse old ones too."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def send(target: WebhookTarget, alert: Alert) -> None:
    """Post it; any answer of 200 to 299 says that it arrived.

    Raises:
        NotSent: it did not.
    """
    body = alert.json().encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"fcm-tui/{__version__}",
        "Idempotency-Key": alert.id,
        "X-Fcm-Rule": alert.rule,
        "X-Fcm-Severity": alert.severity,
    }
    if target.secret is not None:
        timestamp = str(int(time.time()))
        signed = signature(read_secret(target.secret), timestamp, body)
        headers |= {"X-Fcm-Timestamp": timestamp, "X-Fcm-Signature": f"sha256={signed}"}
    if target.token is not None:
        headers["Authorization"] = f"Bearer {one_line(target.token)}"
    parts = urlsplit(_address(target))
    host = parts.hostname or ""
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = tls_context(target.ca, verify=target.verify)
        connection = http.client.HTTPSConnection(host, parts.port, timeout=target.deadline, context=context)
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=target.deadline)
    path = parts.path or "/"
    try:
        with told(host):
            connection.request("POST", f"{path}?{parts.query}" if parts.query else path, body, headers)
            answer = connection.getresponse()
            answer.read(_ANSWER)
    except http.client.HTTPException as error:
        raise NotSent(f"{host}: it does not answer as a web server does ({type(error).__name__})") from None
    finally:
        connection.close()
    if 300 <= answer.status < 400:
        raise NotSent(f"{host}: it answers {answer.status}, another address: write that one as url")
    if not 200 <= answer.status < 300:
        raise NotSent(f"{host}: it answers {answer.status} {answer.reason}")


def _address(target: WebhookTarget) -> str:
    if not target.url.startswith(("environment:", "file:")):
        return target.url
    try:
        return web_address(one_line(target.url))
    except BadValue as error:
        raise NotSent(f"{target.url}: {error}") from None
