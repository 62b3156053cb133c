"""Mail through a server, encrypted and verified. Headers are made by Python's `email`, which lets no line end through."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

from fcm_tui.alerts.alert import Alert
from fcm_tui.alerts.targets.connecting import tls_context, told
from fcm_tui.alerts.targets.failure import NotSent
from fcm_tui.alerts.targets.secret import read_secret
from fcm_tui.settings.targets import MailTarget

_SUBJECT = 150
_PRIORITY = {"critical": "1", "warning": "2"}


def mail(target: MailTarget, alert: Alert) -> EmailMessage:
    """The message."""
    made = EmailMessage(policy=SMTP)
    made["From"] = target.sender
    made["To"] = ", ".join(target.to)
    title = alert.headline
    made["Subject"] = f"[{alert.severity}] {title if len(title) <= _SUBJECT else f'{title[:_SUBJECT]}…'}"
    made["Date"] = formatdate(alert.time_ns / 1e9)
    made["Message-ID"] = f"<{alert.id}@{target.sender.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence answers it
    if alert.severity in _PRIORITY:
        made["X-Priority"] = _PRIORITY[alert.severity]
    made.set_content(alert.text() + "\n")
    return made


def send(target: MailTarget, alert: Alert) -> None:
    """Hand it to the server.

    Raises:
        NotSent: it did not take it for everybody.
    """
    port = target.port or (465 if target.tls == "tls" else 587)
    where = f"{target.host}:{port}"
    context = None if target.tls == "off" else tls_context(target.ca, verify=target.verify)
    password = read_secret(target.password) if target.password is not None else ""
    with told(where):
        refused = _handed_over(target, alert, where, port, context, password)
    if refused:
        raise NotSent(f"{where}: it refuses {', '.join(refused)}: mend to")


def _handed_over(
    target: MailTarget, alert: Alert, where: str, port: int, context: ssl.SSLContext | None, password: str
) -> list[str]:
    """Whom of the receivers the server refused."""
    try:
        with _connected(target, port, context) as server:
            if target.tls == "starttls":
                server.starttls(context=context)
            if target.user is not None:
                server.login(target.user, password)
            return list(server.send_message(mail(target, alert), target.sender, list(target.to)))
    except smtplib.SMTPAuthenticationError:
        raise NotSent(f"{where}: it refuses user and password: mend them") from None
    except smtplib.SMTPNotSupportedError as error:
        raise NotSent(f"{where}: {error}") from None
    except smtplib.SMTPResponseException as error:
        said = error.smtp_error
        words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        raise NotSent(f"{where}: it answers {error.smtp_code} {words}") from None
    except smtplib.SMTPServerDisconnected:
        raise NotSent(f"{where}: it hung up") from None
    except smtplib.SMTPException as error:
        raise NotSent(f"{where}: {type(error).__name__}: it took the mail for nobody") from None


def _connected(target: MailTarget, port: int, context: ssl.SSLContext | None) -> smtplib.SMTP:
    if target.tls == "tls":
        return smtplib.SMTP_SSL(target.host, port, timeout=target.deadline, context=context)
    return smtplib.SMTP(target.host, port, timeout=target.deadline)
