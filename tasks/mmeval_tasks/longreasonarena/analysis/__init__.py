"""Accuracy against executed lines: fits, figures, and the published results beside them."""
