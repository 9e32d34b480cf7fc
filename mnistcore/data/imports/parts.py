"""Which part of a data set a file or folder holds, by its name: one rule for both."""

import re
from collections.abc import Iterable
from typing import Literal

Part = Literal["train", "validation", "test"]

_PARTS: dict[str, Part] = {
    "train": "train",
    "trn": "train",
    "test": "test",
    "tst": "test",
    "t10k": "test",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "validate": "validation",
}
_WORD = re.compile(
    r"(?:x|y|e?mnist|digits?)?"
    r"(train|trn|test|tst|t10k|validation|validate|valid|val)"
    r"(?:ing|sets?|data|images?|pictures?|labels?|pixels?|digits?|samples?|x|y|\d+)*"
)


def part_in_name(name: str) -> Part | None:
    """The part that one file or folder name speaks of, None if it speaks of none or of several.

    Its words count, however they are joined: ``testSet``, ``Test Set``, ``mnist_test`` and ``t10k-images`` are test
    parts; ``latest`` and ``contest`` are not.
    """
    words = re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())
    found = {_PARTS[match[1]] for word in words if (match := _WORD.fullmatch(word))}
    return found.pop() if len(found) == 1 else None


def part_in_path(path: str) -> Part | None:
    """The part that a path's last name speaks of, else the folder around it, and so on outwards."""
    return next((part for name in reversed(path.split("/")) if (part := part_in_name(name))), None)


def is_part_undecided(parts: Iterable[Part | None]) -> bool:
    """Whether several files stand side by side and no name tells which of them is the test part."""
    found = list(parts)
    return len(found) > 1 and not any(found)
