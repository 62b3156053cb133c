"""What Apprise knows to reach: more than a hundred services, by addresses with their passwords in them."""

from __future__ import annotations

import logging
import re

from fcm_tui.alerts.alert import Alert
from fcm_tui.alerts.targets.failure import NotSent
from fcm_tui.alerts.targets.secret import read_secret
from fcm_tui.settings.targets import AppriseTarget

_ACTING = re.compile(r"[<>&@*_`~#\[\]()|\\!]")
"""What some service or other makes a link, a mention or a picture of."""


def plain(text: str) -> str:
    """Text in which nothing has a meaning in any markup: percent-encoded, as a URL would have it."""
    return _ACTING.sub(lambda match: f"%{ord(match[0]):02X}", text)


def send(target: AppriseTarget, alert: Alert) -> None:
    """Notify all of the addresses.

    Raises:
        NotSent: one of them was not reached.
    """
    try:
        import apprise
    except ImportError:
        raise NotSent("Apprise is not installed: `pip install 'fcm-tui[apprise]'` brings it") from None
    logging.getLogger("apprise").setLevel(
        logging.CRITICAL
    )  # it would log addresses, and passwords are in them
    service = apprise.Apprise()
    urls = [line.strip() for line in read_secret(target.urls).splitlines() if line.strip() and line[0] != "#"]
    wrong = [number for number, url in enumerate(urls, 1) if not service.add(url)]
    if wrong or not urls:
        raise NotSent(
            f"{target.urls}: Apprise understands no address in line {wrong[0] if wrong else 1}: mend it"
        )
    kinds = {"critical": apprise.NotifyType.FAILURE, "warning": apprise.NotifyType.WARNING}
    arrived = service.notify(
        title=plain(f"fcm-tui: {alert.rule} ({alert.severity})"),
        body=plain(alert.text()),
        notify_type=kinds.get(alert.severity, apprise.NotifyType.INFO),
        body_format=apprise.NotifyFormat.TEXT,
    )
    if not arrived:
        raise NotSent("Apprise did not reach all of the addresses; it does not say why")
