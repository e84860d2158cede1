"""Passwords: argon2id, at most two hashes at once, and the rules for a new one."""

import threading
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

MIN_LENGTH = 12
MAX_LENGTH = 256
MEMORY_KIB = 46 * 1024
CONCURRENT_HASHES = 2

_hasher = PasswordHash((Argon2Hasher(memory_cost=MEMORY_KIB, time_cost=1, parallelism=1),))
_slots = threading.BoundedSemaphore(CONCURRENT_HASHES)

_COMMON = (
    "123456789012",
    "1234567890123",
    "12345678901234",
    "abcdefghijkl",
    "administrator",
    "changemeplease",
    "greenlane-demo",
    "iloveyou1234",
    "letmein12345",
    "password1234",
    "passwordpassword",
    "qwertyuiop12",
    "qwertyuiopas",
    "woaini1314520",
    "zaq12wsxcde3",
)


def hash_password(password: str) -> str:
    """Argon2id hash; waits when two others are being computed, so that sign-ins cannot eat the memory."""
    with _slots:
        return _hasher.hash(password)


@cache
def _decoy() -> str:
    return hash_password("no account has this password")


def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether the password fits. Without a hash the same work is done and the answer is no."""
    candidate = password[:MAX_LENGTH]
    decoy = _decoy()
    with _slots:
        fits = _hasher.verify(candidate, password_hash or decoy)
    return fits and password_hash is not None


def weakness(password: str, login: str) -> str | None:
    """Why the password may not be chosen: `too_short`, `too_long`, `holds_login`, `common`, or None.

    No composition rules: length and a blocklist (NIST 800-63B).
    """
    lowered = password.casefold()
    if len(password) < MIN_LENGTH:
        return "too_short"
    if len(password) > MAX_LENGTH:
        return "too_long"
    if login and login.casefold() in lowered:
        return "holds_login"
    if lowered in _COMMON or len(set(lowered)) < 5:
        return "common"
    return None
