"""From what annotators marked in Label Studio to documents. Nothing is lost without a word."""
