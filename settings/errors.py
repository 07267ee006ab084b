"""The error that every problem of a configuration becomes."""


class ConfigError(Exception):
    """A configuration cannot be used; each line says ``file:line: key: what is wrong; what to do``.

    lines: all problems of the file at once, in its order.
    """

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines
