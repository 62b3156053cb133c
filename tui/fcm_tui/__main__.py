"""`python -m fcm_tui` is the command `fcm-tui`."""

import sys

from fcm_tui.cli import main

sys.exit(main())
