"""The HTML templates, static files and catalogues; a package only so that installed code can find them."""

from pathlib import Path

ROOT = Path(__file__).parent
STATIC = ROOT / "static"
LOCALE = ROOT / "locale"
