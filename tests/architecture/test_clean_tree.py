"""Nothing in the tree names the machine it was written on or the place its packages came from."""

import re
import subprocess

from tests.architecture.sources import ROOT

HOME, SHARE = ("".join(reversed(name)) for name in ("krow", "mraf"))
INDEX, LINKS = ("-".join(parts) for parts in (("index", "url"), ("find", "links")))
PACKAGES_HOST = "".join(("python", "hosted"))
MACHINE = re.compile(
    rf"(?<![\w.])/(?:{HOME}|{SHARE})/\w+"  # folders of the workplace
    rf"|(?<!emit-)(?:extra-)?{INDEX}\s*[= ]\s*\S*https?:"
    rf"|(?<!emit-){LINKS}\s*[= ]\s*\S+"
    rf"|https?://[\w.-]*{PACKAGES_HOST}"
)
"""Spelled so that this file does not find itself."""


def _texts() -> dict[str, str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    found = {}
    for name in filter(None, listed):
        path = ROOT / name
        if path.is_file() and path.stat().st_size < 2_000_000:
            found[name] = path.read_bytes().decode("utf-8", "replace")
    return found


def test_no_machine_path_and_no_package_source_in_the_tree() -> None:
    found = {
        name: match.group()
        for name, text in _texts().items()
        if not name.startswith("tests/replay/histories/") and (match := MACHINE.search(text))
    }
    assert found == {}


def test_the_net_holds() -> None:
    lines = (f"see /{HOME}/main/x", f"--{INDEX} https://a.b/simple", f"https://files.{PACKAGES_HOST}.org/x")
    for line in lines:
        assert MACHINE.search(line), line
    assert not MACHINE.search(f"pip-compile --no-emit-{INDEX} --no-emit-{LINKS}")
