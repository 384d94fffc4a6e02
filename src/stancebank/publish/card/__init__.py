"""The dataset card: its sections, what they count, and its header."""
