"""Pages to look at: an article, and the dossier of a workspace or of a published folder."""
