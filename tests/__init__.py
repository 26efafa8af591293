"""A package with a file of its own: a library that installs a `tests` is not taken for it."""
