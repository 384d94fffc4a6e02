"""The whole house: corrections of articles, the state of a workspace, the state of the machine."""
