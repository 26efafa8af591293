"""stub replaced below"""


def doctor() -> None: ...
