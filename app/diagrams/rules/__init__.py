"""One rule a file: what a diagram must not be, and what to draw instead."""
