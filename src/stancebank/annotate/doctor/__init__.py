"""What is wrong between a workspace and its Label Studio server, told apart fault by fault."""
