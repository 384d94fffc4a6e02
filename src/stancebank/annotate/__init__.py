"""Annotations: statements as people author them, and the labelling interface."""
