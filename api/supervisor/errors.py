"""What keeps a copy from starting, in words for the person at the terminal."""


class StartError(Exception):
    """The copy cannot start; the message says what to do. `detail` carries log lines."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail
