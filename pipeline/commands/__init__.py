"""The commands of the CLI, a file a group."""
