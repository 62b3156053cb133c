"""The language in which changes are asked for: by the screen's filter bar, `log --filter`, and whatever else selects."""
