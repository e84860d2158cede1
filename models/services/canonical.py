"""One fixed form of plain JSON, so that the same content has the same digest."""

import hashlib
import json
from typing import Any


def canonical(content: dict[str, Any]) -> str:
    """One fixed form of the same content."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(content: dict[str, Any]) -> str:
    """SHA-256 of that form, as hexadecimal text."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()
