"""A line that a person writes: text, a cursor in it, and the keys that change both."""

from __future__ import annotations

from fcm_tui.review import wording
from fcm_tui.safetext import visible

LONGEST = 1000


class Entry:
    """What is written so far. Only letters that act on no terminal come in."""

    def __init__(self, text: str = "") -> None:
        self.text = ""
        self.at = 0
        self.insert(text)

    def insert(self, text: str) -> None:
        """At the cursor; line breaks and tabs become spaces."""
        plain = "".join(
            letter for letter in " ".join(text.splitlines()).replace("\t", " ") if visible(letter) == letter
        )
        plain = plain[: LONGEST - len(self.text)]
        self.text = self.text[: self.at] + plain + self.text[self.at :]
        self.at += len(plain)

    def replace(self, start: int, end: int, text: str) -> None:
        """Other text for what stands there; the cursor behind it."""
        self.text = self.text[:start] + self.text[end:]
        self.at = start
        self.insert(text)

    def press(self, key: str) -> bool:
        """A key that moves or deletes; whether it was one."""
        match key:
            case "left":
                self.at = max(0, self.at - 1)
            case "right":
                self.at = min(len(self.text), self.at + 1)
            case "home":
                self.at = 0
            case "end":
                self.at = len(self.text)
            case "backspace" if self.at:
                self.replace(self.at - 1, self.at, "")
            case "delete":
                self.replace(self.at, min(len(self.text), self.at + 1), "")
            case "ctrl+u":
                self.replace(0, self.at, "")
            case "ctrl+w":
                begun = self.text[: self.at].rstrip()
                self.replace(begun.rfind(" ") + 1, self.at, "")
            case "backspace":
                pass
            case _:
                return False
        return True

    def window(self, width: int) -> tuple[int, int]:
        """Which letters to show in so many cells, so that the cursor is among them."""
        start, used = self.at, 1
        while start and used + wording.cells(self.text[start - 1]) <= width:
            start -= 1
            used += wording.cells(self.text[start])
        end = self.at
        used -= 1
        while end < len(self.text) and used + wording.cells(self.text[end]) <= width:
            used += wording.cells(self.text[end])
            end += 1
        return start, end
