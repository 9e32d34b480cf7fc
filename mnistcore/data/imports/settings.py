"""How an import is to be read, where the files alone do not say it: the settings of the command line and the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase

from mnistcore.data.imports.pixels import PixelChanges
from mnistcore.errors import ConfigError

CHANGES = tuple(one.name for one in fields(PixelChanges))
SETTINGS = (*CHANGES, "label_column", "train", "test", "leave_out")
AS_THEY_ARE = PixelChanges()
_TRUTH = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@dataclass(frozen=True)
class ImportSettings:
    """changes: what is done to the pixels. label_column: "first", "last", "none" or a name in the header, of tables.

    train, test, leave_out: files and folders, as a path's end or a pattern like ``*/val``, whatever their names say.
    """

    changes: PixelChanges = AS_THEY_ARE
    label_column: str | None = None
    train: tuple[str, ...] = ()
    test: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()


def parse_import_settings(given: Mapping[str, str]) -> ImportSettings:
    """Settings from texts by name, as in ``invert=yes`` and ``test=val,holdout``; ConfigError for others."""
    changes = {}
    for name in CHANGES:
        if name in given:
            if given[name].lower() not in _TRUTH:
                raise ConfigError(f"{name} must be yes or no, got {given[name]!r}")
            changes[name] = _TRUTH[given[name].lower()]
    if unknown := [name for name in given if name not in SETTINGS]:
        raise ConfigError(f"there is no setting {unknown[0]!r} of an import: choose from {', '.join(SETTINGS)}")
    lists = {
        name: tuple(part.strip() for part in given[name].split(",") if part.strip())
        for name in ("train", "test", "leave_out")
        if name in given
    }
    return ImportSettings(PixelChanges(**changes), given.get("label_column"), **lists)


def is_named(path: str, patterns: Iterable[str]) -> bool:
    """Whether a path, or one of the folders on it, is meant: by its last names, or by a pattern."""
    parts = path.split("/")
    above = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
    return any(
        one == pattern or one.endswith(f"/{pattern}") or fnmatchcase(one, pattern)
        for pattern in (pattern.strip("/") for pattern in patterns)
        for one in above
    )
