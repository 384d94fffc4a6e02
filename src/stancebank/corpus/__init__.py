"""Articles: how they come in, where they are kept, and how their words are found again."""
