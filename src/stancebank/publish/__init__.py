"""Publish: what a reader of the dataset opens, made from the gold documents of a workspace."""
