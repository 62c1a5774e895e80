"""Checksums, by which a changed byte is told from what was written.

CRC-32: every change of one byte, and of up to four in a row, is found. It is quick, and no seal
against those who mean harm.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

KEY = "crc32"
"""Of a document's checksum, in it."""
_BLOCK = 2**20


def file_checksum(path: Path) -> int:
    """Return the CRC-32 of a file, read block by block."""
    found = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found = zlib.crc32(block, found)
    return found


def sealed(document: Mapping[str, Any], about: str = "") -> dict[str, Any]:
    """Return a document with its checksum.

    Parameters
    ----------
    document
        Of values that JSON has.
    about
        What it belongs to, such as its key in a larger one: elsewhere it is not sound.
    """
    return {**document, KEY: _checksum(document, about)}


def is_sound(document: Mapping[str, Any], about: str = "") -> bool:
    """Tell whether a document is as it was sealed; one without a checksum, as of old, is."""
    try:
        return KEY not in document or document[KEY] == _checksum(document, about)
    except (RecursionError, ValueError):  # nested too deeply: not of this program
        return False


def _checksum(document: Mapping[str, Any], about: str) -> int:
    plain = {name: value for name, value in document.items() if name != KEY}
    # Names that are numbers become texts in JSON, before they are put in order.
    plain = json.loads(json.dumps(plain))
    return zlib.crc32(json.dumps([about, plain], sort_keys=True).encode())
