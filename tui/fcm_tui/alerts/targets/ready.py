"""Whether anything could be sent to a target, as far as that shows without sending."""

from __future__ import annotations

import shutil

from fcm_tui.alerts.targets.failure import NotSent
from fcm_tui.alerts.targets.secret import read_secret
from fcm_tui.settings.targets import AppriseTarget, CommandTarget, MailTarget, Target, WebhookTarget


def why_not(target: Target) -> str:
    """Why nothing can be sent there; empty where nothing speaks against it."""
    if isinstance(target, CommandTarget) and shutil.which(target.argv[0]) is None:
        return f"there is no program {target.argv[0]} here: mend argv, or install it"
    for source in _secrets(target):
        try:
            read_secret(source)
        except NotSent as error:
            return str(error)
    return ""


def _secrets(target: Target) -> list[str]:
    """Where that lies which does not stand in the configuration."""
    named: tuple[str | None, ...] = ()
    match target:
        case WebhookTarget():
            named = (target.url, target.secret, target.token)
        case MailTarget():
            named = (target.password,)
        case AppriseTarget():
            named = (target.urls,)
    return [source for source in named if source and source.startswith(("environment:", "file:"))]
