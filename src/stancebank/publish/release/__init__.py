"""Releases: versions of the dataset, made of a commit, judged by a gate, and recorded in the workspace."""
