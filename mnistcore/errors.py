"""The errors that a user can mend: each message names the thing, the value found and the remedy."""


class ExplorerError(ValueError):
    """Something that the user gave cannot be used; ``str(error)`` is written to be read by them."""


class DataError(ExplorerError):
    """A file, picture or data set cannot be used."""


class ConfigError(ExplorerError):
    """A setting of a network or a training run cannot be used."""


class RunError(ExplorerError):
    """A stored run is unknown, or not in a state that allows what was asked."""
