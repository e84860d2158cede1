"""Where a person may be sent after sign-in: a path of this service, nothing else."""

from urllib.parse import urlsplit

_CONTROL = {chr(code) for code in range(0x20)} | {"\x7f", "\\"}


def local_path(address: str) -> str:
    """The address when it is a path of this service, else `/`."""
    if not address.startswith("/") or address.startswith("//") or _CONTROL & set(address):
        return "/"
    parts = urlsplit(address)
    return address if not parts.scheme and not parts.netloc else "/"
