"""Releases: versions of the dataset, made of a commit, judged by a gate, and recorded in the workspace."""

from stancebank.publish.release.release import Release, Wish, commands, release

__all__ = ["Release", "Wish", "commands", "release"]
