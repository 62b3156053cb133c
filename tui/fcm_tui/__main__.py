"""`python -m fcm_tui` is the command `fcm-tui`."""

import sys


def main() -> int:
    """Run it; Ctrl-C while it is still being imported ends it as later."""
    from fcm_tui.commands import opening

    try:
        if opening.opens_screen(sys.argv[1:]):
            opening.show()
        from fcm_tui.cli import main as run

        return run()
    except KeyboardInterrupt:
        return 130
    finally:
        opening.hide()


if __name__ == "__main__":
    sys.exit(main())
