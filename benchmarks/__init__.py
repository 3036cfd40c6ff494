"""Programs that measure; `python -m benchmarks.NAME --help` says what."""
