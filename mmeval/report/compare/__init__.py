"""Runs set side by side: paired per sample, tested, and shown. Reads run directories, never runs."""
