"""The specification of fcm-tui, as tests on real files, real databases and a real terminal."""
