"""Three chat pages of twenty lines each, to copy and to change: each runs, `python -m lessons.publish.pages.NAME`."""
