"""The user's own digits: files, folders and archives become a checked data set, or are refused with the reason."""

import os
from collections.abc import Sequence

from mnistcore.data.dataset import Dataset
from mnistcore.data.imports.build import (
    ImagesToClassify,
    Plan,
    build_dataset,
    images_to_classify,
    part_notes,
    pixel_notes,
    plan_parts,
)
from mnistcore.data.imports.image_sets import ImageSet
from mnistcore.data.imports.pixels import Finding, PixelChanges, changed, examples, findings, preview_image, value_range
from mnistcore.data.imports.reading import Reading, read_images
from mnistcore.data.imports.settings import SETTINGS, ImportSettings, parse_import_settings
from mnistcore.data.imports.sources import Source


def import_files(
    files: Sequence[tuple[str, Source]], *, name: str | None = None, settings: ImportSettings | None = None
) -> Dataset:
    """The data set in files, folders and archives, each given as its name with its bytes or its path.

    IDX or NPY images with their labels, CSV, Parquet, NPZ, and pictures in folders named 0 to 9, also in a ZIP. What is
    training and what is test is told by the names; without a test part, a stratified sixth becomes it. Its notes tell
    what was recognised and left out. Raises DataError with the remedy for every defect.
    """
    reading = read_images(files, settings)
    return build_dataset(reading, name or os.path.basename(files[0][0].rstrip("/")), settings)


def import_dataset(
    filename: str, data: Source, *, name: str | None = None, settings: ImportSettings | None = None
) -> Dataset:
    """The data set in one file or folder, its content or its path given. See `import_files`."""
    return import_files([(filename, data)], name=name, settings=settings)


__all__ = [
    "SETTINGS",
    "Finding",
    "ImageSet",
    "ImagesToClassify",
    "ImportSettings",
    "PixelChanges",
    "Plan",
    "Reading",
    "build_dataset",
    "changed",
    "examples",
    "findings",
    "images_to_classify",
    "import_dataset",
    "import_files",
    "parse_import_settings",
    "part_notes",
    "pixel_notes",
    "plan_parts",
    "preview_image",
    "read_images",
    "value_range",
]
