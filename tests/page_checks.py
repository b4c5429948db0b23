"""What tests of the pages that commands write have in common."""

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

from aesthetic_utils.cli import main as cli


def run(capsys, *arguments: object) -> tuple[int, str, str]:
    """Exit code, stdout, stderr of a command."""
    code = cli.main([str(argument) for argument in arguments])
    return code, *capsys.readouterr()


class Checked(HTMLParser):
    """Every tag is closed, and what the tags were."""

    def __init__(self, text: str):
        super().__init__()
        self.open, self.tags, self.text = [], [], ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in ("meta", "use", "path"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if tag not in ("path", "use"):
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def check_page(text: str) -> Checked:
    """Self-contained, without a script, its tables named, its figures described."""
    found = Checked(text)
    assert not {"script", "link", "img", "iframe", "base"} & {tag for tag, _ in found.tags}
    for tag, attributes in found.tags:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "xlink:href"):
            assert attributes.get(name, "#").startswith("#")
        if tag == "th":
            assert attributes["scope"] in ("col", "row")
    assert "url(http" not in text and "@import" not in text
    tables = text.count("<table>")
    assert tables == text.count("<caption>") > 0
    for svg in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        root = ET.fromstring(svg)
        assert root.get("role") == "img" and len(root.get("aria-label")) > 40
        assert "currentColor" in svg and "#010203" not in svg
    assert text.startswith("<!doctype html>") and '<html lang="en">' in text
    return found
