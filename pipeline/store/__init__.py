"""The database: one file a noun; functions take a session and never commit."""
