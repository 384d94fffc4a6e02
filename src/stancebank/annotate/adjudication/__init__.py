"""Adjudication: what annotators do not agree on is decided, one statement at a time, and becomes gold."""
