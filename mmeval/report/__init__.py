"""What a run shows and leaves behind. Reads results, never runs."""
