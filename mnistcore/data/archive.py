"""Untrusted ZIP archives: what their headers claim is checked first; nothing is unpacked to disk."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from mnistcore.data.idx import MAX_BYTES
from mnistcore.errors import DataError

MAX_ENTRIES = 210_000
MAX_NAME = 500  # characters of a path
DIRECTORY_ENTRY = b"PK\x01\x02"


def open_archive(data: bytes, name: str) -> zipfile.ZipFile:
    """The archive in `data`; DataError unless it promises at most 200 MB, 210,000 entries and plain relative names."""
    # ZipFile makes an object of each entry at once; each begins with this mark, so its count bounds them beforehand.
    if (entries := data.count(DIRECTORY_ENTRY)) > MAX_ENTRIES:
        raise DataError(f"{name}: {entries:,} entries, more than the limit of {MAX_ENTRIES:,}; split it up.")
    with _damage_told(name):
        archive = zipfile.ZipFile(io.BytesIO(data))
    _check_promises(archive, name)
    return archive


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> bytes:
    """The content of one member: never more than its declared size is unpacked, whatever the data holds."""
    with _damage_told(name):
        with archive.open(member) as file:
            content = file.read(member.file_size)
        if len(content) != member.file_size:
            raise zipfile.BadZipFile(f"{member.filename} is shorter than promised")
        return content


def member_path(member: zipfile.ZipInfo) -> str:
    """A member's path with "/" between folders: some packers on Windows write backslashes."""
    return member.filename.replace("\\", "/")


@contextmanager
def _damage_told(name: str) -> Iterator[None]:
    """Whatever zipfile raises on bytes that no packer wrote (found by trying thousands) becomes a DataError."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, struct.error) as error:
        reason = " ".join(str(error).split())[:120]  # it may quote a member's name, of any length
        raise DataError(f"{name}: not a ZIP archive, or a damaged one ({reason}); pack it again.") from error


def _check_promises(archive: zipfile.ZipFile, name: str) -> None:
    promised = sum(member.file_size for member in archive.infolist())
    if promised > MAX_BYTES:
        raise DataError(
            f"{name}: {promised:,} bytes when unpacked, more than the limit of {MAX_BYTES:,}; give a smaller selection."
        )
    for member in archive.infolist():
        path = member.filename
        if not path:
            continue
        if len(path) > MAX_NAME:
            raise DataError(f"{name}: {path[:40]}… has a name of {len(path):,} characters; give it a shorter one.")
        if path.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", path) or ".." in re.split(r"[/\\]", path):
            raise DataError(f"{name}: the name {path!r} points outside the archive; pack it again with plain folders.")
        if member.flag_bits & 0x1:
            raise DataError(f"{name}: {path} is encrypted; pack it again without a password.")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DataError(f"{name}: {path} uses an unsupported compression; pack it again as an ordinary ZIP.")
