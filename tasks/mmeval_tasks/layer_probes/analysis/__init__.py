"""From kept hidden states to curves, stages, pictures."""
