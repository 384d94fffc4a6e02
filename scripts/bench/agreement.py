#!/usr/bin/env python
"""Measure `measure_agreement` on invented readings against the package krippendorff, and how it grows.

Usage: .venv/bin/python scripts/bench/agreement.py [--articles 1000 10000] [--annotators 3] [--statements 12]

A row is a number of articles, measured in a process of its own. Times are of one thread's processor, without making the
readings: of the alignment, of all else up to the answers, and of the figures. The package gets the same units: what our
alignment found and what annotators answered, as one matrix of numbers for each question, and computes nominal alpha of
each, and nothing else. It is given up to --values values a question, as its memory grows with their square: questions
with more are left out of both its time and the row "closed", which has our reading of answers and our alpha of the same
questions. Peaks are of the memory of a process that measures, and of one that only makes the readings and drops them.

Writes a Markdown table to stdout. 10,000 articles take some minutes.
"""
