"""Task files and their data; no code."""
