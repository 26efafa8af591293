"""The doctor."""


def doctor() -> None:
    """Look at everything."""
