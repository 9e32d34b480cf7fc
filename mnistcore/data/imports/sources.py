"""What an import is given, as a flat list of files: uploads, paths, folders, and what ZIPs hold."""

import io
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mnistcore.data.archive import MAX_ENTRIES, member_path, open_archive, read_member
from mnistcore.data.idx import GZIP_MAGIC, MAX_BYTES, decompressed, read_at_most
from mnistcore.errors import DataError

CLUTTER = {"thumbs.db", "desktop.ini", "__macosx"}
GZIP_LAYERS = 3

Source = bytes | str | os.PathLike[str]


@dataclass(frozen=True)
class SourceFile:
    """One file: its path with "/" between folders, as messages name it, its size in bytes, and how it is read."""

    path: str
    size: int
    read: Callable[[], bytes]


def source_files(given: Sequence[tuple[str, Source]]) -> list[SourceFile]:
    """The files in uploads (name, bytes) and at paths; of a folder all below it, without what file managers add.

    Raises DataError above 200 MB or 210,000 files together, and for a path that cannot be read.
    """
    files: list[SourceFile] = []
    for name, data in given:
        files += [_upload(name, data)] if isinstance(data, bytes) else _at_path(Path(data), name)
    size = sum(file.size for file in files)
    if size > MAX_BYTES:
        named = ", ".join(name for name, _ in given)
        raise DataError(f"{named}: {size:,} bytes, more than the limit of {MAX_BYTES:,}; give a smaller selection.")
    return files


def zip_members(data: bytes, name: str) -> tuple[list[SourceFile], int]:
    """The files in a ZIP, clutter left out, each read when it is asked for; and how many members have no name."""
    archive = open_archive(data, name)
    members = archive.infolist()
    nameless = sum(not member_path(member).strip("/") for member in members)
    files = [
        SourceFile(f"{name}/{path}", member.file_size, _member_reader(archive, member, name))
        for member in members
        if not (path := member_path(member)).endswith("/") and path and not is_clutter(path)
    ]
    return files, nameless


def is_clutter(path: str) -> bool:
    """Hidden files, and what file managers add; also below a folder of that kind."""
    return any(part.startswith(".") or part.lower() in CLUTTER for part in PurePosixPath(path).parts)


def unpacked(data: bytes, name: str) -> bytes:
    """`data` without its gzip layers, of which some archives have two; DataError above 200 MB and for damage."""
    for _ in range(GZIP_LAYERS):
        if not data.startswith(GZIP_MAGIC):
            return data
        with decompressed(io.BytesIO(data), name) as stream:
            content = read_at_most(stream, MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise DataError(f"{name}: more than the limit of {MAX_BYTES:,} bytes when unpacked; give a smaller file.")
        data = bytes(content)
    if data.startswith(GZIP_MAGIC):
        raise DataError(f"{name}: packed with gzip more than {GZIP_LAYERS} times; unpack it first.")
    return data


def _upload(name: str, data: bytes) -> SourceFile:
    return SourceFile(name, len(data), lambda: data)


def _at_path(path: Path, name: str) -> Iterator[SourceFile]:
    try:
        if path.is_dir():
            yield from _below(path, name)
        elif path.exists() and not path.is_file():
            raise DataError(f"{path}: neither a file nor a folder; check the path.")
        else:
            yield SourceFile(name, path.stat().st_size, _file_reader(path))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the path.") from error


def _below(folder: Path, name: str) -> Iterator[SourceFile]:
    count = 0
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(one for one in folders if not is_clutter(one))
        for file in sorted(files):
            path = Path(parent) / file
            if is_clutter(file) or not path.is_file():  # a pipe or a device would never end
                continue
            count += 1
            if count > MAX_ENTRIES:
                raise DataError(f"{name}: more than {MAX_ENTRIES:,} files; name the folder that holds the digits.")
            inside = path.relative_to(folder).as_posix()
            yield SourceFile(f"{name}/{inside}", path.stat().st_size, _file_reader(path))


def _file_reader(path: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            with path.open("rb") as file:
                return bytes(read_at_most(file, MAX_BYTES))  # its size may have been no truth, as that of a device
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror}); check the file.") from error

    return read


def _member_reader(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> Callable[[], bytes]:
    return lambda: read_member(archive, member, name)
