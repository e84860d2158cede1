"""What templates and page code may not contain: unescaped output, inline styles and scripts, other hosts."""

import re
from pathlib import Path

import pytest

from api.pages.headers import CONTENT_SECURITY_POLICY
from templates import STATIC
from tests.pages.sources import MODULES, TEMPLATES, template_sources
from tests.pages.test_catalogue import HALF_WIDTH

FORBIDDEN_IN_TEMPLATES = {
    "unescaped output": re.compile(r"\|\s*safe\b|autoescape\s+false|Markup\("),
    "inline style": re.compile(r"\sstyle\s*=|<style\b", re.IGNORECASE),
    "inline script": re.compile(r"\son[a-z]+\s*=|<script(?![^>]*\ssrc=)|javascript:|hx-on", re.IGNORECASE),
    "another host": re.compile(r"(?:src|href|action|hx-get|hx-post)\s*=\s*[\"'](?:https?:)?//", re.IGNORECASE),
    "evaluated attribute": re.compile(r"hx-vals\s*=\s*[\"']js:|hx-trigger\s*=\s*[\"'][^\"']*\["),
    # Of two groups of one name in a document, the old and the new of a swap, the browser closes the new.
    "group of folds that outlives a swap": re.compile(r"<details\b[^>]*\sname\s*=\s*[\"'][^{]"),
}


@pytest.mark.parametrize(("name", "source"), list(template_sources()), ids=lambda value: str(value)[:40])
def test_templates(name: str, source: str) -> None:
    found = [rule for rule, pattern in FORBIDDEN_IN_TEMPLATES.items() if pattern.search(source)]
    assert not found
    assert not HALF_WIDTH.search(source), "Chinese takes full-width punctuation"


@pytest.mark.parametrize("rule", FORBIDDEN_IN_TEMPLATES)
def test_the_rules_can_fail(rule: str) -> None:
    examples = {
        "unescaped output": "{{ name | safe }}",
        "inline style": '<p style="x">',
        "inline script": '<p onclick="x">',
        "another host": '<img src="https://example.com/x">',
        "evaluated attribute": "<p hx-vals='js:{}'>",
        "group of folds that outlives a swap": '<details class="gl-act" name="gl-act" open>',
    }
    assert FORBIDDEN_IN_TEMPLATES[rule].search(examples[rule])


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_page_code_never_marks_text_as_html(path: Path) -> None:
    source = path.read_text("utf-8")
    assert "Markup(" not in source
    assert "markupsafe" not in source


def test_the_script_is_short_and_evaluates_nothing() -> None:
    source = (STATIC / "gl.js").read_text("utf-8")
    assert len(source.splitlines()) < 100
    assert not re.search(r"\beval\(|new Function|innerHTML|document\.write", source)


def test_our_classes_are_prefixed() -> None:
    """Names like .tag, .col and .chart are Tabler's too."""
    foreign = {"form-control", "form-select", "visually-hidden"}
    for name, source in template_sources():
        for value in re.findall(r'class="([^"{]*)', source):
            assert all(part.startswith("gl-") or part in foreign for part in value.split()), (name, value)


def test_the_policy_is_strict() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY
    assert len(TEMPLATES) > 10
