"""A Label Studio server of one's own, on this machine, for one workspace."""
