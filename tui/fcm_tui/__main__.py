"""`python -m fcm_tui` is the command `fcm-tui`."""

import sys


def main() -> int:
    """Run it; Ctrl-C while it is still being imported ends it as later."""
    try:
        from fcm_tui.cli import main as run

        return run()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
