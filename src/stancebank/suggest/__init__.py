"""Suggestions: statements that a program finds in an article, for people to correct."""
