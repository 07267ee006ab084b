"""The error that every model and engine file problem becomes."""


class EngineError(Exception):
    """A model or engine file cannot be used: says which, what came, what was wanted, what to do."""
