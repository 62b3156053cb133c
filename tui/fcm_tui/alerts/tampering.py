"""What `verify` found, as an alert: raised where it is run, sent by the recorder at work, else from here."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from fcm_tui.alerts.alert import EXAMPLES, stable_id
from fcm_tui.alerts.evaluator import add, made
from fcm_tui.alerts.journal import Journal, journal_path
from fcm_tui.alerts.sending import Senders
from fcm_tui.alerts.tally import Tally
from fcm_tui.amounts import plural
from fcm_tui.host import host_name
from fcm_tui.settings.alerts import Alerts

PATIENCE = 15.0
"""Seconds in which it has to be sent where no recorder is at work; the rest goes with the next one."""


def raise_tampering(
    database: Path, alerts: Alerts, recorder: str, problems: Sequence[str], count: int, *, send: bool
) -> bool:
    """Tell that a record does not hold together; whether there was anything new in that.

    The same problems are told once in a rule's quiet time.

    Args:
        problems: the first few, safe to show.
        count: how many there are.
        send: nobody else does.

    Raises:
        sqlite3.Error: the journal cannot be written.
        DataDirError: nor be made.
    """
    rules = [rule for rule in alerts.rules if rule.watches == "tampering"]
    is_raised = False
    if not rules:
        return False
    with Journal(journal_path(database)) as journal:
        for rule in rules:
            what = stable_id(recorder, count, *problems)
            now = time.time_ns()
            with journal.transaction():
                known = journal.quiet().get(rule.name, {})
                until = known.get("until")
                if known.get("what") == what and isinstance(until, int) and now < until:
                    continue
                tally = Tally(count, details=[*problems[:EXAMPLES]])
                title = f"{rule.name}: the record does not hold together: {plural(count, 'problem')}"
                id = stable_id(recorder, rule.name, what, now)
                add(journal, made(rule, "alert", title, tally, id, host_name(), recorder), rule)
                journal.set_quiet(rule.name, {"until": now + round(rule.quiet * 1e9), "what": what})
            is_raised = True
        if send and is_raised:
            Senders(journal_path(database), alerts).end(journal, PATIENCE)
    return is_raised
