"""The scheme: its vocabularies, its JSON Schemas, and what is derived from them."""
