"""Agreement: which statements of two readings are one, and in what they differ. Pure: records in, records out."""
