"""Checkpoint folders: their files, what is wrong with one, and how a new one is made."""
