"""Both ways between a workspace and a Label Studio server: the same labels on both sides, whatever happens between."""
