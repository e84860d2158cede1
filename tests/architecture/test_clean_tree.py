"""Nothing in the tree names the machine it was written on or the place its packages came from."""

import re
import subprocess

from tests.architecture.sources import ROOT

MACHINE = re.compile(
    r"(?<![\w.])/(?:wo"
    r"rk|fa"
    r"rm)/(?:main|shared|\w+)"  # folders of the workplace
    r"|(?<!emit-)(?:extra-)?ind"
    r"ex-url\s*[= ]\s*\S*https?:"
    r"|(?<!emit-)find-"
    r"links\s*[= ]\s*\S+"
    r"|https?://[\w.-]*(?:pythonho"
    r"sted|pypi\.(?:org/simple|tuna))"
)


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
    for line in ("see /home/me/x", "--index-url https://a.b/simple", "https://example.com/x"):
        assert MACHINE.search(line), line
    assert not MACHINE.search("pip-compile --no-emit-index-url --no-emit-find-links")
