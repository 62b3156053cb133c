"""Bringing versions back: planned as plain data first, checked against the disk, then carried out and recorded.

    with Reader(database) as reader, Recording(data_dir, database, settings, own_paths) as recording:
        done = restore(reader, recording, lambda: plan_change(reader, change, before=True))

A screen that wants to show before it asks calls `plan_…` and `preview` first.
"""

from __future__ import annotations

from fcm_tui.restore.bursts import plan_changes
from fcm_tui.restore.hunks import plan_hunks
from fcm_tui.restore.moments import plan_folder
from fcm_tui.restore.obstacles import Checked, Losing, Refusal, check
from fcm_tui.restore.plan import Action, Missing, Plan, Step
from fcm_tui.restore.recording import NoRecording, Recording
from fcm_tui.restore.run import Done, restore
from fcm_tui.restore.versions import plan_change, plan_content
from fcm_tui.restore.words import patch, preview

__all__ = [
    "Action",
    "Checked",
    "Done",
    "Losing",
    "Missing",
    "NoRecording",
    "Plan",
    "Recording",
    "Refusal",
    "Step",
    "check",
    "patch",
    "plan_change",
    "plan_changes",
    "plan_content",
    "plan_folder",
    "plan_hunks",
    "preview",
    "restore",
]
