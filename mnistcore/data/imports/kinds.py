"""What a file is, by its first bytes and only then by its name: names are wrong more often than content."""

from mnistcore.data.idx import UINT8

PICTURES = (".png", ".jpg", ".jpeg", ".bmp")
TABLES = (".csv", ".tsv", ".data", ".dat")
TEXTS = (".txt", "")
FEWEST_PIXELS = 16
# What is told apart only to say what it is: the first bytes, and the remedy.
_FOREIGN = {
    b"%PDF": "a PDF document; give the data that it describes",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file; save the table as CSV",
    b"BZh": "packed with bzip2; unpack it first",
    b"7z\xbc\xaf": "a 7z archive; unpack it, then give the folder or a ZIP of it",
    b"\xfd7zXZ": "packed with xz; unpack it first",
    b"Rar!": "a RAR archive; unpack it, then give the folder or a ZIP of it",
    b"MATLAB 5.0": "a MATLAB file; save the arrays with numpy.savez",
    b"\x89HDF": "an HDF5 file; save the arrays with numpy.savez",
    b"\x80\x02": "a Python pickle, which can run code and is never opened; save the arrays with numpy.savez",
    b"\x80\x03": "a Python pickle, which can run code and is never opened; save the arrays with numpy.savez",
    b"\x80\x04": "a Python pickle, which can run code and is never opened; save the arrays with numpy.savez",
    b"\x80\x05": "a Python pickle, which can run code and is never opened; save the arrays with numpy.savez",
    b"SQLite format 3": "an SQLite database; save the table as CSV",
    b"ARROW1": "an Arrow file; save the table as Parquet",
    b"GIF8": "a GIF picture; save it as PNG",
    b"@relation": "an ARFF file; save the table as CSV",
    b"<!doctype html": "a web page; download the file itself",
    b"<html": "a web page; download the file itself",
    b"version https://git-lfs": "a Git LFS pointer, which stands for a file; fetch it with git lfs pull",
}
# Documents that are ZIPs inside.
_DOCUMENTS = {
    "xl/workbook.xml": "an Excel workbook; save the table as CSV (comma-separated)",
    "xl/workbook.bin": "an Excel workbook; save the table as CSV (comma-separated)",
    "word/document.xml": "a Word document; save the table as CSV",
    "content.xml": "an OpenDocument file; save the table as CSV",
}


def suffix_of(path: str) -> str:
    """The ending of a path's last name in lower case, without ``.gz``; "" if there is none."""
    name = path.rpartition("/")[2].lower().removesuffix(".gz")
    return name[name.rindex(".") :] if "." in name else ""


def kind_of(data: bytes, path: str) -> str | None:
    """``"zip"``, ``"npy"``, ``"idx"``, ``"parquet"``, ``"picture"`` or ``"csv"``; None for anything else.

    `data` is no longer packed with gzip. What is named as one of these but has other content keeps the kind of its
    name: who reads it then says what is wrong.
    """
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    starts = {b"\x93NUMPY": "npy", b"PAR1": "parquet", b"\x89PNG": "picture", b"\xff\xd8\xff": "picture"}
    starts |= {bytes([0, 0, UINT8]): "idx"}
    for start, kind in starts.items():
        if data.startswith(start):
            return kind
    if foreign_content(data) is not None:
        return None
    suffix = suffix_of(path)
    if suffix in TABLES or (
        suffix in TEXTS and data.count(b",", 0, 4096) >= FEWEST_PIXELS and b"\0" not in data[:4096]
    ):
        return "csv"
    name = path.rpartition("/")[2].lower()
    named = {".npz": "zip", ".zip": "zip", ".npy": "npy", ".parquet": "parquet"} | dict.fromkeys(PICTURES, "picture")
    return named.get(suffix) or ("idx" if "ubyte" in name or "idx" in name or data.startswith(b"\0\0") else None)


def foreign_content(data: bytes) -> str | None:
    """What a file is that cannot be imported, and the remedy; None if its first bytes do not tell."""
    start = data[:64].lstrip().lower()
    for mark, what in _FOREIGN.items():
        if data.startswith(mark) or start.startswith(mark):
            return what
    if data[257:262] == b"ustar":
        return "a TAR archive; unpack it, then give the folder or a ZIP of it"
    return "an empty file; save it again" if not data else None


def document_in(members: list[str]) -> str | None:
    """Which document the members of a ZIP make, and the remedy; None if it is an archive like any other."""
    return next((what for member, what in _DOCUMENTS.items() if member in members), None)
