"""Errors that the user can fix: each message names the thing, the value found and the remedy."""


class ExplorerError(ValueError):
    """Something the user gave cannot be used; ``str(error)`` is written for the user."""


class DataError(ExplorerError):
    """A file, picture or data set cannot be used."""


class ConfigError(ExplorerError):
    """A setting of a network or a training run cannot be used."""


class RunError(ExplorerError):
    """A stored run is unknown, or not in a state that allows what was asked."""
