"""A workspace on its way from one version of its scheme to another, and what is still to be answered there."""
