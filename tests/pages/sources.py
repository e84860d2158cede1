"""The files of the pages, for the tests that read them."""

import re
from collections.abc import Iterator
from pathlib import Path

from api import pages
from templates import ROOT

PAGES = Path(pages.__file__).parent
TEMPLATES = sorted(ROOT.rglob("*.html"))
MODULES = sorted(PAGES.rglob("*.py"))
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)


def template_sources() -> Iterator[tuple[str, str]]:
    """Name and text of every template, without its comments."""
    for path in TEMPLATES:
        yield str(path.relative_to(ROOT)), COMMENT.sub("", path.read_text("utf-8"))
