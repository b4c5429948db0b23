"""The typeface of the figures: unchanged, licensed, under a name of its own, with every sign we use."""

import json

from fontTools.ttLib import TTFont

from tools import fonts


def test_the_committed_fonts_are_those_of_the_manifest():
    assert fonts.problems() == []


def test_a_changed_font_is_noticed(tmp_path, monkeypatch):
    for path in fonts.FONTS.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(fonts, "FONTS", tmp_path)
    assert fonts.problems() == []
    regular = tmp_path / "CourseSans-Regular.ttf"
    regular.write_bytes(regular.read_bytes() + b"\0")
    assert fonts.problems() == ["a font, its licence or the manifest has changed"]


def test_fonts_keep_their_licence_and_are_not_called_by_the_reserved_name():
    assert "SIL Open Font License" in (fonts.FONTS / "LICENSE").read_text("utf-8")
    assert json.loads((fonts.FONTS / "manifest.json").read_text("utf-8"))["licence"] == "OFL-1.1"
    for file, _ in fonts.STYLES.values():
        names = TTFont(fonts.FONTS / file)["name"]
        assert names.getDebugName(1) == fonts.FAMILY
        assert all("Source" not in names.getDebugName(number) for number in (1, 3, 4, 6))
        assert "Adobe" in names.getDebugName(0)


def test_every_style_has_the_letters_of_figures_and_is_small():
    for file, _ in fonts.STYLES.values():
        known = TTFont(fonts.FONTS / file).getBestCmap()
        missing = [sign for sign in "AzÄéß09αθΔ×−→≤≥∂√∞·…½’“" if ord(sign) not in known]
        assert missing == []
        assert (fonts.FONTS / file).stat().st_size < 90_000
