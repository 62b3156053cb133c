"""Where the panes stand, by the width of the terminal."""

from __future__ import annotations

BREAKPOINTS = [(0, "-narrow"), (100, "-wide"), (160, "-vast")]
"""Cells of width from which the screen has a class."""

CSS = """
Screen { background: $fcm-background; overflow: hidden; }
Pane { background: $fcm-background; height: 1fr; }
PaneTitle, StatusLine { height: 1; }
StatusLine { dock: bottom; }
ScrollView {
    height: 1fr; background: $fcm-background; overflow-x: hidden; scrollbar-size-vertical: 1;
    scrollbar-gutter: stable;
    scrollbar-color: $fcm-scrollbar; scrollbar-color-hover: $fcm-scrollbar;
    scrollbar-color-active: $fcm-scrollbar;
    scrollbar-background: $fcm-background; scrollbar-background-hover: $fcm-background;
    scrollbar-background-active: $fcm-background;
}
#panes { layout: grid; grid-size: 2 2; grid-rows: 2fr 3fr; height: 1fr; background: $fcm-background; }
#tree-pane { border-right: solid $fcm-rule; }
.-narrow #panes { grid-columns: 24 1fr; }
.-narrow #diff-pane { column-span: 2; }
.-wide #panes { grid-columns: 34 1fr; }
.-vast #panes { grid-columns: 42 1fr; }
.-wide #tree-pane, .-vast #tree-pane { row-span: 2; }
#panes.-zoomed { grid-size: 1 1; grid-columns: 1fr; grid-rows: 1fr; }
#panes.-zoomed Pane { border: none; column-span: 1; row-span: 1; }
"""
"""Narrow: directories and log above the diff. Otherwise the directories stand beside both."""
