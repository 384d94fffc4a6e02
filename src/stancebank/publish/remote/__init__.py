"""Releases at addresses: on the Hugging Face Hub, in object stores, in folders. Builds and checks never come here."""
