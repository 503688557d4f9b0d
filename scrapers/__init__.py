"""The outside world in: discover, fetch, archive. See docs/sources.md."""
