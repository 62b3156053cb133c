"""`python -m tests.review.look DATABASE [THEME]`: the screen over a record, as a viewer has it."""

from __future__ import annotations

import sys
from pathlib import Path

from fcm_tui.errors import FcmError
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.look.theme import Themes
from fcm_tui.review.running import run


def main() -> int:
    database, *theme = sys.argv[1:]
    try:
        themes = Themes(theme[0] if theme else None)
        return run(ReviewApp(database=Path(database), engine=None, themes=themes))
    except FcmError as error:
        print(f"fcm-tui: {error}", file=sys.stderr)
        return error.exit_status


if __name__ == "__main__":
    sys.exit(main())
