"""Owns the proof that a file is as it was written: seals of manifests, hashes of the rest. Must not know what they say."""

import hashlib
import json
from pathlib import Path

_BEFORE_SEAL = b'"checksum": "'
_DIGITS = 64


class Corrupt(Exception):
    """A file is missing, or not as it was written."""


class NotFound(LookupError):
    """There is no run, table or flow of that name."""


def document(file: Path, version: int | None = None) -> dict:
    """A manifest, after its seal has been checked.

    Raises `Corrupt` for one that is missing, has changed, or has no seal; `NotFound` for another version of its layout.
    """
    content = _content(file)
    at = content.rfind(_BEFORE_SEAL) + len(_BEFORE_SEAL)
    told = content[at : at + _DIGITS]
    if at < len(_BEFORE_SEAL) or len(told) < _DIGITS:
        raise Corrupt(f"{file} has no seal")
    blank = content[:at] + b"0" * _DIGITS + content[at + _DIGITS :]
    if hashlib.sha256(blank).hexdigest().encode() != told:
        raise Corrupt(f"{file} has changed since it was written")
    read = json.loads(content)
    if version is not None and read.get("version") != version:
        raise NotFound(f"{file} is of version {read.get('version')}; this module reads version {version}")
    return read


def content(file: Path, sha256: str) -> bytes:
    """The bytes of a file, after their hash has been checked. Raises `Corrupt`."""
    found = _content(file)
    if hashlib.sha256(found).hexdigest() != sha256:
        raise Corrupt(f"{file} has changed since it was written")
    return found


def check(file: Path, sha256: str) -> None:
    """The same for who reads the file by its path, piece by piece: it need not fit into memory. Raises `Corrupt`."""
    try:
        with file.open("rb") as opened:
            found = hashlib.sha256()
            while piece := opened.read(1 << 20):
                found.update(piece)
    except FileNotFoundError:
        raise Corrupt(f"{file} is missing") from None
    if found.hexdigest() != sha256:
        raise Corrupt(f"{file} has changed since it was written")


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise Corrupt(f"{file} is missing") from None
