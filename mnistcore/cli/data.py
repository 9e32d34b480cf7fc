"""`data`: describe a data set, download MNIST, generate digits, export images."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from mnistcore.cli.output import JsonOption, print_json, progress_bar
from mnistcore.data import (
    Dataset,
    atomic_write,
    default_dataset_name,
    export_zip,
    find_mnist,
    generated_dataset,
    mnist_download,
    save_idx,
)
from mnistcore.data.imports import SETTINGS, import_files, parse_import_settings
from mnistcore.errors import ConfigError, DataError
from mnistcore.runs import RunStore

data_commands = typer.Typer(help="The data sets: MNIST, generated digits, your own.", no_args_is_help=False)

DataOption = Annotated[
    str | None,
    typer.Option("--data", help="mnist, generated, generated-N or a path; MNIST where it is found, else generated."),
]


SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help=f"How the files at --data are read: {', '.join(SETTINGS)}; as in invert=yes or test=val.",
    ),
]


def open_named_dataset(
    store: RunStore, name: str | None, settings: Mapping[str, str] | None = None, *, is_quiet: bool = False
) -> tuple[str, Dataset]:
    """The data set called `name` (None: the default) and the name under which a page can open it too.

    Files and folders that are read with `settings` of an import are stored, as the Data page does it. What an import
    has to say goes to stderr, unless `is_quiet`.
    """
    name = default_dataset_name() if name is None else name
    path = Path(name).expanduser()
    is_path = name not in ("mnist", "generated") and path.exists()
    if settings and not is_path:
        raise ConfigError(f"--set {next(iter(settings))} tells how files are read: name a file or folder with --data")
    if settings:
        dataset = import_files([(path.resolve().name, path)], settings=parse_import_settings(settings))
        name = store.add_dataset(dataset)
    else:
        name = str(path.resolve()) if is_path else name
        dataset = store.open_dataset(name)
    if not is_quiet:
        tell(dataset.notes)
    return name, dataset


def tell(notes: Iterable[str]) -> None:
    """Sentences on stderr: stdout is for results."""
    for note in notes:
        typer.echo(note, err=True)


def parse_settings(settings: list[str] | None) -> dict[str, str]:
    """`--set KEY=VALUE` as a mapping; ConfigError for anything else."""
    for setting in settings or ():
        if "=" not in setting:
            raise ConfigError(f"--set must be KEY=VALUE, as in learning_rate=0.01, got {setting!r}")
    return {key.strip(): value.strip() for key, _, value in (setting.partition("=") for setting in settings or ())}


@data_commands.command()
def info(data: DataOption = None, settings: SetOption = None, as_json: JsonOption = False) -> None:
    """Describe a data set: counts, digits, fingerprint; of files, what was recognised in them."""
    name, dataset = open_named_dataset(RunStore(), data, parse_settings(settings), is_quiet=as_json)
    values = {
        "name": name,
        "train_images": len(dataset.train_labels),
        "test_images": len(dataset.test_labels),
        "train_digits": np.bincount(dataset.train_labels, minlength=10).tolist(),
        "test_digits": np.bincount(dataset.test_labels, minlength=10).tolist(),
        "fingerprint": dataset.fingerprint,
        "notes": list(dataset.notes),
        "folder": str(find_mnist()) if name == "mnist" else None,
    }
    if as_json:
        return print_json(values)
    print(f"{name}: {values['train_images']:,} training and {values['test_images']:,} test images of 28×28 pixels")
    print("digit      " + "".join(f"{digit:>7}" for digit in range(10)))
    for part in ("train", "test"):
        print(f"{part:<11}" + "".join(f"{count:>7,}" for count in values[f"{part}_digits"]))
    print(f"fingerprint  {dataset.fingerprint}")
    if values["folder"]:
        print(f"folder       {values['folder']}")
    return None


@data_commands.command("import")
def import_data(
    sources: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files or folders that belong together.")],
    settings: SetOption = None,
    name: Annotated[str | None, typer.Option(help="What to call it; by default like the first file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Keep digits from files as a data set for all pages and commands, and print the name for `--data`."""
    given = [(path.resolve().name, path) for path in sources]
    dataset = import_files(given, name=name, settings=parse_import_settings(parse_settings(settings)))
    stored = RunStore().add_dataset(dataset)
    train_images, test_images = len(dataset.train_labels), len(dataset.test_labels)
    if as_json:
        values = {"name": stored, "train_images": train_images, "test_images": test_images}
        return print_json(values | {"notes": list(dataset.notes)})
    tell(dataset.notes)
    print(f"{stored}: {train_images:,} training and {test_images:,} test images")
    return None


@data_commands.command()
def download(as_json: JsonOption = False) -> None:
    """Download MNIST (11 MB) into the data folder, unless it is there already."""
    if find_mnist() is None:
        _download()
    folder = find_mnist()
    if as_json:
        print_json({"folder": str(folder)})
    else:
        print(f"MNIST is in {folder}")


def _download() -> None:
    transfer = mnist_download()
    transfer.start()
    with progress_bar() as bar:
        task = bar.add_task("MNIST", total=1.0)
        while (status := transfer.wait(0.1)).state == "downloading":
            bar.update(task, completed=status.share, description=status.message)
    if status.state == "failed":
        raise DataError(status.message)


@data_commands.command()
def generate(
    target: Annotated[Path, typer.Argument(help="A .npz file, or a folder for the four IDX files.")],
    train_size: Annotated[int, typer.Option(min=10, max=200_000)] = 60_000,
    test_size: Annotated[int, typer.Option(min=10, max=200_000)] = 10_000,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    as_json: JsonOption = False,
) -> None:
    """Draw digits from pen strokes into files that `--data PATH` and the Data page open."""
    dataset = generated_dataset(train_size=train_size, test_size=test_size, seed=seed)
    save_dataset(target, dataset)
    if as_json:
        print_json({"path": str(target), "train_images": train_size, "test_images": test_size, "seed": seed})
    else:
        print(f"{train_size:,} training and {test_size:,} test images are in {target}")


def save_dataset(target: Path, dataset: Dataset) -> None:
    """Write a data set as one .npz in the keras layout, or as MNIST's four IDX files into a folder."""
    if target.suffix == ".npz":
        with atomic_write(target) as file:
            np.savez_compressed(
                file,
                x_train=dataset.train_images,
                y_train=dataset.train_labels,
                x_test=dataset.test_images,
                y_test=dataset.test_labels,
            )
        return
    if target.is_file():
        raise DataError(f"{target} is a file: name a folder, or a file that ends in .npz")
    target.mkdir(parents=True, exist_ok=True)
    save_idx(target / "train-images-idx3-ubyte.gz", dataset.train_images)
    save_idx(target / "train-labels-idx1-ubyte.gz", dataset.train_labels)
    save_idx(target / "t10k-images-idx3-ubyte.gz", dataset.test_images)
    save_idx(target / "t10k-labels-idx1-ubyte.gz", dataset.test_labels)


@data_commands.command()
def export(
    target: Annotated[Path, typer.Argument(help="The ZIP file to write.")],
    data: DataOption = None,
    settings: SetOption = None,
    split: Annotated[str, typer.Option(help="all, train or test.")] = "all",
    digits: Annotated[str | None, typer.Option(help="Only these digits, as in 3,5,8.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many images.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Write images as a ZIP of PNGs with a labels.csv (file, label, split, index)."""
    if split not in ("all", "train", "test"):
        raise DataError(f"--split must be all, train or test, got {split!r}")
    chosen = _parse_digits(digits)
    _, dataset = open_named_dataset(RunStore(), data, parse_settings(settings), is_quiet=as_json)
    count = export_zip(dataset, target, split=split, digits=chosen, limit=limit)
    if as_json:
        print_json({"path": str(target), "images": count})
    else:
        print(f"{count:,} images are in {target}")


def _parse_digits(text: str | None) -> list[int] | None:
    if text is None:
        return None
    entries = [entry.strip() for entry in text.split(",")]
    if not all(len(entry) == 1 and entry in "0123456789" for entry in entries):
        raise DataError(f"--digits must be digits separated by commas, as in 3,5,8, got {text!r}")
    return [int(entry) for entry in entries]
