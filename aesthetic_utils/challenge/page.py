"""The leaderboard of a challenge: a table for a spreadsheet, and a page for the wall that needs nothing but itself."""

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aesthetic_utils.challenge.scoring import COPIED, Score
from aesthetic_utils.spreadsheet import plain, write_rows


@dataclass(frozen=True, kw_only=True)
class Liked:
    """What the class's votes say of an entry: the score of Bradley and Terry, with its interval."""

    score: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One row of the board."""

    name: str
    vote_name: str = ""  # under which the class sees it
    status: str = "ok"  # or why it could not be scored
    score: Score | None = None
    place: int | None = None
    liked: Liked | None = None
    picture: np.ndarray | None = None  # some of its pictures, uint8 [H, W, 3]
    control: bool = False  # drawings, for comparison


COLUMNS = (
    "name", "status", "place", "frechet", "frechet_error", "coverage", "coverage_error", "memorised", "peeked",
    "distinct", "vote_name", "liked", "liked_low", "liked_high",
)  # fmt: skip


def write_scores(path: Path, entries: Sequence[Entry]) -> None:
    """One row an entry, in the order of the board; empty where there is nothing to say."""
    rows = [_row(entry) for entry in entries]
    write_rows(path, COLUMNS, [[row.get(name, "") for name in COLUMNS] for row in rows])


def _row(entry: Entry) -> dict[str, object]:
    row: dict[str, object] = {
        "name": plain(entry.name), "status": plain(entry.status), "vote_name": entry.vote_name,
        "place": "" if entry.place is None else entry.place,
    }  # fmt: skip
    if (score := entry.score) is not None:
        row |= {name: f"{getattr(score, name):.4f}" for name in COLUMNS[3:9]}
        row["distinct"] = score.distinct
    if (liked := entry.liked) is not None:
        row |= {"liked": f"{liked.score:.3f}", "liked_low": f"{liked.low:.3f}", "liked_high": f"{liked.high:.3f}"}  # fmt: skip
    return row


STYLE = """
:root { color-scheme: light dark; }
body { font: 1.05rem/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 75rem; padding: 1rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8a8a8a; vertical-align: middle; }
thead th { overflow-wrap: normal; }
img { display: block; width: 10rem; height: auto; image-rendering: pixelated; background: #fff; }
tr.control { font-style: italic; } .scroll { overflow-x: auto; }
"""

NOTES = (
    "The Fréchet distance and coverage compare with drawings that were hidden: half of those held out, chosen by the "
    "teacher's secret. Numbers in brackets are standard errors over pictures. Entries share a place where their distances "
    "differ by less than two standard errors.",
    "Copies are pictures that lie far nearer to one drawing than to the fifty behind it, also when mirrored or moved by two "
    "pixels. Real drawings seem to have some, because signs have relatives: held-out drawings have relatives in training, and "
    f"the other way round. An entry gets no place if it has more than they, by over {100 * COPIED:.0f} in a hundred.",
    "What can be gamed: the ruler is public, so a generator can be trained to please it; a copy whose colours or shape were "
    "changed enough is not found; all drawings lie in the course's package, so who wants to can learn from the hidden ones; "
    "and 500 pictures can be the best of many thousands. So the numbers end no discussion: look at the pictures, ask how "
    "they were made, and let the class vote.",
)


def board_page(entries: Sequence[Entry], *, fingerprint: str, count: int, ruler: str) -> str:
    """The page, as HTML without scripts; every name in it is text.

    fingerprint: of the secret, see `split.fingerprint`.
    """
    voted = any(entry.liked for entry in entries)
    heads = [
        "place",
        "entry",
        "pictures",
        "Fréchet distance",
        "coverage",
        "copies of training",
        "copies of held-out",
    ]
    heads += ["the class likes it"] if voted else []
    rows = "\n".join(_table_row(entry, voted) for entry in entries)
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    notes = "\n".join(f"<p>{html.escape(note)}</p>" for note in NOTES)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>The generation challenge</title>
<style>{STYLE}</style>
</head>
<body>
<h1>The generation challenge</h1>
<p>{count} pictures of 32 × 32 pixels an entry, in the eyes of the ruler {html.escape(ruler)}.</p>
<div class="scroll"><table>
<thead><tr>{head}</tr></thead>
<tbody>
{rows}
</tbody>
</table></div>
{notes}
<p>SHA-256 of the secret: <code>{html.escape(fingerprint)}</code></p>
</body>
</html>
"""


def _table_row(entry: Entry, voted: bool) -> str:
    name = html.escape(entry.name)
    if entry.vote_name:
        name += f"<br><small>{html.escape(entry.vote_name)}</small>"
    cells = [f'<th scope="row">{name}</th>', f"<td>{_image(entry)}</td>"]
    if (score := entry.score) is None:
        cells.append(f'<td colspan="{5 if voted else 4}">{html.escape(entry.status)}</td>')
    else:
        cells += [
            f"<td>{score.frechet:.2f} ({score.frechet_error:.2f})</td>",
            f"<td>{score.coverage:.0%} ({score.coverage_error:.0%})</td>",
            f"<td>{score.memorised:.1%}</td>", f"<td>{score.peeked:.1%}</td>",
        ]  # fmt: skip
        if voted:
            liked = entry.liked
            text = (
                "" if liked is None else f"{liked.score:.2f} ({liked.low:.2f} to {liked.high:.2f})"
            )
            cells.append(f"<td>{text.replace('-', chr(0x2212))}</td>")
    place = "" if entry.place is None else str(entry.place)
    kind = ' class="control"' if entry.control else ""
    return f"<tr{kind}><td>{place}</td>{''.join(cells)}</tr>"


def _image(entry: Entry) -> str:
    from PIL import Image

    if entry.picture is None:
        return ""
    buffer = io.BytesIO()
    Image.fromarray(entry.picture).quantize(128).save(buffer, "PNG", optimize=True)
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<img src="data:image/png;base64,{data}" alt="25 pictures of this entry">'
