"""The emoji drawings that `build_data.py emoji` embeds: ten hands, aligned by code point.

The core are the ideas that five designers all drew: names.json and one sheet a designer. Around it stands
everything else that those five drew and five further hands: drawings.csv lists every idea, a row each, and
the icon that each hand drew for it; a sheet holds a hand's drawings in the order of the rows.

Four packages say which code point an icon draws. For the others it follows from the icon's name, which
is Unicode's, of today or of an earlier year; names.csv settles the rest by hand, FxEmojis after
the list that its own repository gives.
"""

import csv
import hashlib
import io
import json
import re
import subprocess
import tarfile
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from PIL import Image

TILE = 64  # pixels; every design is stored once at this size
COLUMNS = 35  # tiles in a row of a sheet
SUPERSAMPLING = 4  # rendered this much larger, then averaged

# designer -> package, version, title, author, licence, licence text, home
EMOJI_SETS = {
    "noto": (
        "noto", "1.2.9", "Noto Emoji", "Google", "Apache-2.0",
        "https://www.apache.org/licenses/LICENSE-2.0", "https://github.com/googlefonts/noto-emoji",
    ),
    "twemoji": (
        "twemoji", "1.2.5", "Twemoji", "Twitter and contributors", "CC-BY-4.0",
        "https://creativecommons.org/licenses/by/4.0/", "https://github.com/jdecked/twemoji",
    ),
    "fluent": (
        "fluent-emoji-flat", "1.2.6", "Fluent Emoji (flat)", "Microsoft", "MIT",
        "https://opensource.org/license/mit", "https://github.com/microsoft/fluentui-emoji",
    ),
    "emojione": (
        "emojione", "1.2.3", "EmojiOne 2.3", "Emoji One", "CC-BY-4.0",
        "https://creativecommons.org/licenses/by/4.0/", "https://github.com/EmojiTwo/emojitwo",
    ),
    "openmoji": (
        "openmoji", "1.2.29", "OpenMoji", "OpenMoji (HfG Schwaebisch Gmuend)", "CC-BY-SA-4.0",
        "https://creativecommons.org/licenses/by-sa/4.0/", "https://github.com/hfg-gmuend/openmoji",
    ),
}  # fmt: skip
# the further hands: as above
MORE_SETS = {
    "noto-v1": (
        "noto-v1", "1.2.5", "Noto Emoji, first series (the blobs)", "Google", "Apache-2.0",
        "https://www.apache.org/licenses/LICENSE-2.0", "https://github.com/googlefonts/noto-emoji",
    ),
    "fluent-color": (
        "fluent-emoji", "1.2.7", "Fluent Emoji (color)", "Microsoft", "MIT",
        "https://opensource.org/license/mit", "https://github.com/microsoft/fluentui-emoji",
    ),
    # the package says Apache-2.0, which is the licence of the code; the drawings are under CC BY
    "fxemoji": (
        "fxemoji", "1.2.2", "FxEmojis (Firefox OS)", "Mozilla", "CC-BY-4.0",
        "https://creativecommons.org/licenses/by/4.0/", "https://github.com/mozilla/fxemoji",
    ),
    "streamline": (
        "streamline-emojis", "1.2.4", "Streamline Emojis", "Streamline (Webalys)", "CC-BY-4.0",
        "https://creativecommons.org/licenses/by/4.0/", "https://github.com/webalys-hq/streamline-vectors",
    ),
    "emojione-v1": (
        "emojione-v1", "1.2.3", "EmojiOne 1.5", "Emoji One", "CC-BY-SA-4.0",
        "https://creativecommons.org/licenses/by-sa/4.0/", "https://github.com/joypixels/emojione-legacy",
    ),
}  # fmt: skip
ALL_SETS = EMOJI_SETS | MORE_SETS
CATEGORIES = (
    "Smileys & Emotion",
    "People & Body",
    "Animals & Nature",
    "Food & Drink",
    "Travel & Places",
    "Activities",
    "Objects",
    "Symbols",
)
# words that make variants of one idea; variants share a split, so that no idea is in two of them
VARIANT_WORDS = set(
    "man woman men women person people boy girl old baby mr mrs dark light left right up down back "
    "oncoming with face and the open closed first last quarter new full japanese no red blue white "
    "black green yellow orange purple brown large small medium heavy".split()
)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def to_csv(rows: list[dict]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


# --------------------------------------------------------------------------------------------------
# packages and pictures


def open_package(name: str, version: str, packages: Path) -> tarfile.TarFile:
    path = packages / f"iconify-json-{name}-{version}.tgz"
    if not path.exists():
        command = ["npm", "pack", "--silent", f"@iconify-json/{name}@{version}"]
        subprocess.run(command, cwd=packages, check=True, stdout=subprocess.DEVNULL)
    return tarfile.open(path)


def read_json(package: tarfile.TarFile, name: str) -> dict:
    return json.load(package.extractfile(f"package/{name}"))


class IconSet:
    """What one hand's package holds: icons, aliases, code points, categories."""

    def __init__(self, name: str, packages: Path):
        package, version = ALL_SETS[name][:2]
        with open_package(package, version, packages) as archive:
            data = read_json(archive, "icons.json")
            self.code_points = {tidy(c): n for c, n in read_json(archive, "chars.json").items()}
            members = archive.getnames()
            listing = "package/metadata.json" in members and read_json(archive, "metadata.json")
        self.name = name
        self.icons, self.aliases = data["icons"], data.get("aliases", {})
        self.width, self.height = data.get("width", 16), data.get("height", 16)
        self.listing = (listing or {}).get("categories", {})

    def svg(self, icon: str) -> str:
        """The drawing as a file."""
        drawing = self.icons[icon]
        width, height = drawing.get("width", self.width), drawing.get("height", self.height)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'viewBox="0 0 {width} {height}">{drawing["body"]}</svg>'
        )


def cairo(svg: str, size: int) -> Image.Image:
    """The renderer of all sets but one."""
    import cairosvg  # an extra of this tool alone

    png = cairosvg.svg2png(svg.encode(), output_width=size, output_height=size)
    return Image.open(io.BytesIO(png)).convert("RGBA")


def resvg(svg: str, size: int) -> Image.Image:
    """The renderer for Fluent's shaded series, whose filters cairosvg does not know."""
    import resvg_py  # an extra of this tool alone

    png = resvg_py.svg_to_bytes(svg_string=svg, width=size, height=size)
    drawn = Image.open(io.BytesIO(bytes(png))).convert("RGBA")
    square = Image.new("RGBA", (size, size))
    square.paste(drawn, ((size - drawn.width) // 2, (size - drawn.height) // 2))
    return square


def render(svg: str, renderer=cairo) -> Image.Image:
    """One design as an RGB tile on white."""
    drawn = renderer(svg, TILE * SUPERSAMPLING)
    white = Image.new("RGBA", drawn.size, "white")
    return Image.alpha_composite(white, drawn).convert("RGB").reduce(SUPERSAMPLING)


def sheet(tiles: list[Image.Image]) -> bytes:
    """Tiles in rows of COLUMNS as one lossless WebP."""
    height = -(-len(tiles) // COLUMNS) * TILE
    picture = Image.new("RGB", (COLUMNS * TILE, height), "white")
    for i, tile in enumerate(tiles):
        picture.paste(tile, (i % COLUMNS * TILE, i // COLUMNS * TILE))
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", lossless=True, quality=100, method=6)
    return buffer.getvalue()


# --------------------------------------------------------------------------------------------------
# which icon draws which code point


def tidy(code_point: str) -> str:
    """A sequence such as "1f3f3-fe0f-200d-1f308" without its variation selectors."""
    return "-".join(c for c in code_point.lower().split("-") if c not in ("fe0e", "fe0f"))


def private(code_point: str) -> bool:
    """Whether it lies in Unicode's area for private use, where OpenMoji has signs of its own."""
    return 0xE000 <= int(code_point.split("-")[0], 16) <= 0xF8FF


def squeezed(name: str) -> str:
    """Letters and digits of a name: "ADMISSION TICKETS" and "admission-tickets" are the same."""
    return re.sub("[^a-z0-9]", "", name.lower())


def character_names() -> dict[str, str]:
    """squeezed name of every character that could be an emoji -> its code point."""
    names = {}
    for value in (*range(0xA0, 0x3300), *range(0x1F000, 0x1FB00)):
        if name := unicodedata.name(chr(value), ""):
            names.setdefault(squeezed(name), f"{value:x}")
    return names


def settled_names() -> dict[tuple[str, str], str]:
    """(hand, icon) -> code point, of names.csv."""
    with open(Path(__file__).with_name("names.csv"), newline="", encoding="utf-8") as file:
        return {(r["set"], r["icon"]): r["code_point"] for r in csv.DictReader(file)}


class Namebook:
    """Finds the code point that an icon draws, in the package's own list or by its name."""

    def __init__(self, sets: dict[str, IconSet]):
        self.settled, self.characters = settled_names(), character_names()
        self.known: dict[str, str] = {}  # icon name -> code point, from the packages that say so
        for icons in sets.values():
            for code_point, icon in icons.code_points.items():
                if not private(code_point):
                    self.known.setdefault(icon, code_point)
        self.squeezed = {squeezed(n): c for n, c in reversed(self.known.items())}

    def of(self, icons: IconSet) -> dict[str, str]:
        """code point -> icon, one each; drawings without a code point are left out."""
        found = dict(icons.code_points)
        found = {c: i for c, i in found.items() if i in icons.icons}
        other_names = defaultdict(list)
        for alias, entry in icons.aliases.items():
            other_names[entry["parent"]].append(alias)
        taken = set(found.values())
        for icon in icons.icons:
            code_point = self.code_point(icons.name, icon, other_names[icon])
            if code_point and icon not in taken:
                found.setdefault(code_point, icon)
        return found

    def code_point(self, hand: str, icon: str, other_names: list[str]) -> str | None:
        """Of one icon. A number at the end marks Streamline's versions of one idea."""
        if (hand, icon) in self.settled:
            return self.settled[hand, icon]
        names = [icon, *other_names]
        if hand == "streamline":
            names.append(re.sub(r"-\d$", "", icon))
        for known in (self.known.get, self.squeezed_name, self.character):
            for name in names:
                if found := known(name):
                    return found
        return None

    def squeezed_name(self, name: str) -> str | None:
        return self.squeezed.get(squeezed(name))

    def character(self, name: str) -> str | None:
        return self.characters.get(squeezed(name))


# --------------------------------------------------------------------------------------------------
# ideas and their split


def family(name: str) -> str:
    """The idea behind a name: `man-dancing` and `woman-dancing` are one, the 24 clock faces are one."""
    if "oclock" in name or "thirty" in name:
        return "clock"
    words = [w for w in name.split("-") if w not in VARIANT_WORDS]
    return words[0] if words else name


def split_names(names: list[str], category: dict[str, str]) -> dict[str, str]:
    """name -> split: about 80 % train, 10 % validation, 10 % test of each category.

    Ideas are taken in the order of a hash, so that the alphabet plays no part, and never divided.
    """
    families = defaultdict(list)
    for name in names:
        families[family(name)].append(name)
    quota = {c: n / 10 for c, n in Counter(category[name] for name in names).items()}
    taken, split = Counter(), {}
    for key in sorted(families, key=lambda k: sha256(k.encode())):
        members, of = families[key], category[families[key][0]]
        fits = (s for s in ("test", "validation") if taken[s, of] + len(members) <= quota[of])
        choice = next(fits, "train")
        taken[choice, of] += len(members)
        split |= dict.fromkeys(members, choice)
    return split


# signs for a gender, hair, a skin, a direction; the people in front of an occupation's thing
ATTRIBUTES = {"200d", "2640", "2642", "1f9b0", "1f9b1", "1f9b2", "1f9b3", "27a1", "2b05"}
SKINS = {"1f3fb", "1f3fc", "1f3fd", "1f3fe", "1f3ff"}
MARKS = {"20e3"}  # drawn around another character
PEOPLE = {"1f468", "1f469", "1f9d1", "1f466", "1f467", "1f9d2"}


def root(code_point: str) -> str:
    """What is left of a sequence without gender, hair and direction: runner, or rocket for astronauts."""
    parts = [c for c in code_point.split("-") if c not in ATTRIBUTES]
    things = [c for c in parts if c not in PEOPLE]
    return (things or parts or [code_point])[0]


def nearly_alike(thumbs: dict[str, np.ndarray], limit: float = 3.0) -> list[tuple[str, str]]:
    """Pairs of names whose drawings by one hand differ by less than `limit` of 255, as thumbnails.

    thumbs: name -> float [D].
    """
    names = list(thumbs)
    x = np.stack([thumbs[n] for n in names])
    pairs = []
    for i, row in enumerate(x):
        near = np.flatnonzero(np.abs(x[i + 1 :] - row).mean(1) < limit) + i + 1
        pairs += [(names[i], names[j]) for j in near]
    return pairs


def split_further(ideas: dict[str, dict], alike: list[tuple[str, str]]) -> None:
    """Sets the split of every idea that has none; those of the core have one and keep it.

    Ideas of one family, of one root or with nearly the same drawing belong together: what belongs to an idea
    of the core follows it, the others are dealt out like those of the core, about 10 % of each category to
    testing and to validation.
    """
    place: dict = defaultdict(Counter)  # key -> splits of the core's ideas that have it
    for name, idea in ideas.items():
        if idea["split"]:
            for key in keys(name, idea):
                place[key][idea["split"]] += 1
    for one, other in alike + [(b, a) for a, b in alike]:
        if ideas[one]["split"]:
            place["alike", other][ideas[one]["split"]] += 1
    groups = joined({n: keys(n, i) for n, i in ideas.items() if not i["split"]}, alike)
    free = []
    for group in groups:
        votes = {n: [set(place[k]) for k in keys(n, ideas[n]) if place[k]] for n in group}
        splits = set().union(*(s for of_one in votes.values() for s in of_one))
        for name in group:
            if len(splits) == 1:
                ideas[name]["split"] = next(iter(splits))
            elif splits:  # the core's own split divides the group: each follows its nearest
                own = next((s for s in votes[name] if len(s) == 1), {"train"})
                ideas[name]["split"] = next(iter(own))
        if not splits:
            free.append(group)
    deal(free, ideas)


def keys(name: str, idea: dict) -> list[tuple[str, str]]:
    """What an idea shares with those that belong to it."""
    return [("family", family(name)), ("root", root(idea["code_point"])), ("alike", name)]


def joined(marks: dict[str, list], pairs: list[tuple[str, str]]) -> list[list[str]]:
    """The names in groups: those with a common key, or paired, are together."""
    leader = {name: name for name in marks}

    def find(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    first: dict = {}
    for name, own in marks.items():
        for key in own:
            leader[find(name)] = find(first.setdefault(key, name))
    for one, other in pairs:
        if one in leader and other in leader:
            leader[find(one)] = find(other)
    groups = defaultdict(list)
    for name in marks:
        groups[find(name)].append(name)
    return list(groups.values())


def deal(groups: list[list[str]], ideas: dict[str, dict]) -> None:
    """A tenth of each category to testing, a tenth to validation, in the order of a hash."""
    quota = {c: n / 10 for c, n in Counter(ideas[n]["category"] for g in groups for n in g).items()}
    taken = Counter()
    for group in sorted(groups, key=lambda g: sha256(min(g).encode())):
        of = ideas[group[0]]["category"]
        fits = (s for s in ("test", "validation") if taken[s, of] + len(group) <= quota[of])
        choice = next(fits, "train")
        taken[choice, of] += len(group)
        for name in group:
            ideas[name]["split"] = choice


# --------------------------------------------------------------------------------------------------
# all together


def core_names(sets: dict[str, IconSet]) -> tuple[list[str], dict[str, str]]:
    """The ideas that the five designers all drew, and Unicode's category of each of Noto's names."""
    category = {n: c for c in CATEGORIES for n in sets["noto"].listing[c]}
    drawn = (set(sets[d].icons) | set(sets[d].aliases) for d in EMOJI_SETS)
    common = set.intersection(*drawn)
    names = [n for n in common if n in category and "skin-tone" not in n and "flag" not in n]
    return sorted(names), category


def core_sheets(sets: dict[str, IconSet]) -> tuple[dict[str, bytes], list[dict]]:
    """One sheet a designer of the core, and the rows of names.json."""
    names, category = core_names(sets)
    files = {}
    for designer in EMOJI_SETS:
        drawn = [sets[designer].svg(parent(sets[designer], n)) for n in names]
        files[f"{designer}.webp"] = sheet([render(svg) for svg in drawn])
        print(f"{designer}: {len(names)} designs of the core", flush=True)
    split = split_names(names, category)
    return files, [dict(name=n, category=category[n], split=split[n]) for n in names]


def parent(icons: IconSet, name: str) -> str:
    """The icon behind a name that may be an alias."""
    return icons.aliases.get(name, {}).get("parent", name)


def categories(sets: dict[str, IconSet]) -> tuple[dict[str, str], dict[str, str]]:
    """code point -> name, and code point -> category, from the packages that list Unicode's."""
    name, category = {}, {}
    for hand in ("noto", "twemoji", "fluent", "openmoji"):
        icons = sets[hand]
        of = {n: c for c, names in icons.listing.items() for n in names}
        for code_point, icon in icons.code_points.items():
            group = of.get(icon, "").replace("Animals Nature", "Animals & Nature")
            group = re.sub(r"^(Smileys|People|Food|Travel) (?!&)", r"\1 & ", group)
            if group in CATEGORIES and not private(code_point):
                name.setdefault(code_point, icon)
                category.setdefault(code_point, group)
    return name, category


def all_ideas(sets: dict[str, IconSet], core: list[dict]) -> dict[str, dict]:
    """name -> code point, category, split (empty outside the core) and the icon of every hand."""
    book = Namebook(sets)
    drawn = {hand: book.of(icons) for hand, icons in sets.items()}
    name, category = categories(sets)
    ideas = {}
    for row in core:
        code_point = book.known[row["name"]]
        own = {d: parent(sets[d], row["name"]) for d in EMOJI_SETS}
        further = {h: drawn[h].get(code_point, "") for h in MORE_SETS}
        ideas[row["name"]] = row | {"code_point": code_point} | own | further
    taken = {hand: {idea[hand] for idea in ideas.values()} for hand in sets}
    done = {idea["code_point"] for idea in ideas.values()}
    for code_point, title in name.items():
        parts = set(code_point.split("-"))
        if code_point in done or SKINS & parts or parts <= MARKS:
            continue
        icons = {h: drawn[h].get(code_point, "") for h in sets}
        icons = {h: "" if i in taken[h] else i for h, i in icons.items()}
        if any(icons.values()):
            idea = dict(name=title, category=category[code_point], split="")
            ideas[title] = idea | {"code_point": code_point} | icons
    return dict(sorted(ideas.items()))


def drawn_once(ideas: dict[str, dict], hand: str, tiles: dict[str, Image.Image]) -> list[str]:
    """The ideas whose tile no earlier one equals, the core's before others; forgets the repetitions."""
    seen, kept = set(), []
    for name in sorted(tiles, key=lambda n: (not ideas[n]["split"], n)):
        key, core = tiles[name].tobytes(), ideas[name]["split"] and hand in EMOJI_SETS
        if key in seen and not core:
            ideas[name][hand] = ""
        else:
            kept.append(name)
        seen.add(key)
    return sorted(kept)


def further_sheets(
    sets: dict[str, IconSet], ideas: dict[str, dict]
) -> tuple[dict[str, bytes], list[tuple[str, str]]]:
    """File name -> sheet of what the core's sheets lack, and pairs of ideas that look nearly alike."""
    files, alike = {}, []
    for hand, icons in sets.items():
        renderer = resvg if hand == "fluent-color" else cairo
        drawn = [n for n, i in ideas.items() if i[hand]]
        tiles = {n: render(icons.svg(ideas[n][hand]), renderer) for n in drawn}
        names = drawn_once(ideas, hand, tiles)
        alike += nearly_alike({n: np.asarray(tiles[n].reduce(4), float).ravel() for n in names})
        further = [tiles[n] for n in names if not ideas[n]["split"] or hand in MORE_SETS]
        files[f"{hand}_more.webp" if hand in EMOJI_SETS else f"{hand}.webp"] = sheet(further)
        print(f"{hand}: {len(names)} drawings", flush=True)
    return files, sorted(set(alike))


def attribution(files: dict[str, bytes], ideas: dict[str, dict]) -> list[dict]:
    """One row a hand."""
    rows = []
    for hand, (package, version, title, author, licence, text, home) in ALL_SETS.items():
        file, more = f"{hand}.webp", f"{hand}_more.webp"
        rows.append(
            dict(
                designer=hand, title=title, author=author, license=licence, license_url=text,
                source=home, package=f"@iconify-json/{package}", version=version, file=file,
                sha256=sha256(files[file]), more=more if more in files else "",
                more_sha256=sha256(files[more]) if more in files else "",
                drawings=sum(bool(idea[hand]) for idea in ideas.values()),
            )
        )  # fmt: skip
    return rows


def build_emoji(packages: Path) -> dict[str, bytes]:
    """Every file of data/files/emoji as bytes."""
    sets = {hand: IconSet(hand, packages) for hand in ALL_SETS}
    files, core = core_sheets(sets)
    files["names.json"] = (json.dumps(core, indent=0) + "\n").encode()
    ideas = all_ideas(sets, core)
    further, alike = further_sheets(sets, ideas)  # before the split: only the core has one
    files |= further
    ideas = {name: idea for name, idea in ideas.items() if any(idea[h] for h in ALL_SETS)}
    split_further(ideas, [p for p in alike if set(p) <= set(ideas)])
    columns = ["code_point", "name", "category", "split", *ALL_SETS]
    files["drawings.csv"] = to_csv([{c: idea[c] for c in columns} for idea in ideas.values()])
    files["attribution.csv"] = to_csv(attribution(files, ideas))
    return files
