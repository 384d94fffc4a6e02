"""The start of a workspace: what `stancebank init` lays, plain or as the sample."""
