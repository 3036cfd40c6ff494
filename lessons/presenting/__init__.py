"""For who presents: the presenter's pages as data, and what to run before the first live cell."""
