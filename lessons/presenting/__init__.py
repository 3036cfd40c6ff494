"""For who presents: the pages of notes/presenting as data, and what to run before the first live cell."""
