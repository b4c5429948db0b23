"""Two tables of `aesthetic measure` compared, measure by measure, and the sizes of their pictures first."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from aesthetic_utils.measures.columns import MEASURES
from aesthetic_utils.statistics.comparison import above_interval, benjamini_hochberg, holm
from aesthetic_utils.statistics.intervals import Interval
from aesthetic_utils.storage import AestheticError, atomic_path, reason

NO_MEASURE = ("", "file", "width", "height", "enlarged", "unnamed: 0")  # columns, in small letters
MISSING = ("", "na", "nan", "null")  # in small letters
FEWEST = 2  # values a set needs for its measure to be compared
UNLIKE = 0.10  # sizes whose quartiles are further apart than this share are called different


class CompareError(AestheticError):
    """Tables that cannot be compared; the message says why."""


@dataclass(frozen=True, kw_only=True, eq=False)
class MeasureTable:
    """A table as `read_table` gives it."""

    name: str
    files: tuple[str, ...]  # empty texts where there is no such column
    values: dict[str, np.ndarray]  # column -> [N], NaN where the field is empty
    width: np.ndarray  # [N], NaN where it is not known
    height: np.ndarray
    enlarged: int | None  # pictures of which something was enlarged; None where nobody noted it
    passed_over: tuple[str, ...]  # columns that hold no numbers

    def __len__(self) -> int:
        return len(self.files)


@dataclass(frozen=True, kw_only=True)
class MeasureComparison:
    """One measure in two sets of pictures."""

    measure: str
    count_a: int  # pictures with a value
    count_b: int
    missing_a: int  # pictures without
    missing_b: int
    median_a: float
    median_b: float
    chance: Interval  # that a picture of B has the larger value; ties counted half
    p: float  # Mann & Whitney's, two-sided
    p_holm: float
    p_bh: float


@dataclass(frozen=True, kw_only=True)
class SizeCheck:
    """How large the pictures of the two sets are."""

    differ: bool | None  # None where a table does not say
    sentence: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """What `compare_tables` found."""

    a: MeasureTable
    b: MeasureTable
    size: SizeCheck
    rows: list[MeasureComparison]  # the clearest difference first
    notes: list[str]  # what a reader of the numbers has to know


# --------------------------------------------------------------------------------------------------
# reading


def read_table(path: str | Path) -> MeasureTable:
    """A table of `aesthetic measure`, or another CSV file with a row a picture and a column a measure.

    UTF-8; commas, semicolons or tabs between the columns, a decimal comma where they are no commas. Empty fields, NA
    and NaN are missing values. A column of other texts is passed over, unless it is one of MEASURES. Raises
    CompareError, with file, line and column, for what is no such table.
    """
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise CompareError(f"{path} cannot be read: {reason(error)}") from error
    except UnicodeDecodeError as error:
        raise CompareError(f'{path} is no text in UTF-8; save it as "CSV UTF-8"') from error
    first = text.splitlines()[0] if text.strip() else ""
    delimiter = max(",;\t", key=first.count)
    try:
        lines = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(row)]
    except csv.Error as error:
        raise CompareError(f"{path} is no CSV file: {error}") from error
    if len(lines) < 2:
        raise CompareError(f"{path} has no row below its header; measure some pictures into it")
    head = [name.strip() for name in lines[0]]
    _require_table(path, head, lines[1:])
    columns = {name: [row[i].strip() for row in lines[1:]] for i, name in enumerate(head) if name}
    return _as_table(path, columns, len(lines) - 1, decimal_comma=delimiter != ",")


def _require_table(path: Path, head: list[str], rows: list[list[str]]) -> None:
    twice = sorted({name for name in head if name and head.count(name) > 1})
    if twice:
        raise CompareError(f"{path} has the column {twice[0]} twice; give each a name of its own")
    for number, row in enumerate(rows, start=2):
        if len(row) != len(head):
            raise CompareError(
                f"{path}, row {number}: it has {len(row)} fields and the header {len(head)}; "
                "mend the row or take it out"
            )


def _as_table(
    path: Path, columns: dict[str, list[str]], n: int, *, decimal_comma: bool
) -> MeasureTable:
    values, passed_over = {}, []
    for name, texts in columns.items():
        if name.lower() in NO_MEASURE:
            continue
        try:
            values[name] = _numbers(texts, decimal_comma)
        except ValueError as error:
            if name in MEASURES:
                raise CompareError(f"{path}, column {name}, {error}") from error
            passed_over.append(name)
    if not values:
        raise CompareError(
            f"{path} has no column of numbers; give a table of `aesthetic measure PICTURES --csv`"
        )
    unknown, size = np.full(n, np.nan), {}
    for name in ("width", "height"):
        try:
            size[name] = _numbers(columns[name], decimal_comma) if name in columns else unknown
        except ValueError as error:
            raise CompareError(f"{path}, column {name}, {error}") from error
    enlarged = columns.get("enlarged")
    return MeasureTable(
        name=path.name,
        files=tuple(columns.get("file", [""] * n)),
        values=values,
        width=size["width"],
        height=size["height"],
        enlarged=None if enlarged is None else sum(map(bool, enlarged)),
        passed_over=tuple(passed_over),
    )


def _numbers(texts: Sequence[str], decimal_comma: bool) -> np.ndarray:
    """[N], NaN for what is missing; ValueError with the row for what is no finite number."""
    found = np.full(len(texts), np.nan)
    for i, text in enumerate(texts):
        if text.lower() in MISSING:
            continue
        try:
            found[i] = float(text.replace(",", ".") if decimal_comma else text)
        except ValueError:
            found[i] = math.inf
        if not math.isfinite(found[i]):
            raise ValueError(
                f"row {i + 2}: {text!r} is no finite number; mend it or empty the field"
            )
    return found


# --------------------------------------------------------------------------------------------------
# comparing


def compare_tables(
    a: MeasureTable, b: MeasureTable, *, repeats: int = 1000, seed: int = 0
) -> Comparison:
    """All measures that both tables have, each with what it takes to believe a difference.

    p-values are those of Mann & Whitney's test; Holm's and Benjamini & Hochberg's are adjusted for all measures that
    were tested. Intervals come from drawing the pictures of each set anew, `repeats` times. Raises CompareError when
    no measure can be compared.
    """
    both = [name for name in a.values if name in b.values]
    if not both:
        raise CompareError(f"{a.name} and {b.name} have no measure in common; measure both alike")
    tested: list[str] = []
    left_out: list[str] = []
    for name in both:
        counts = [int((~np.isnan(table.values[name])).sum()) for table in (a, b)]
        (tested if min(counts) >= FEWEST else left_out).append(name)
    if not tested:
        raise CompareError(f"no measure has {FEWEST} values in each table; measure more pictures")
    p = np.array([_p_value(a.values[name], b.values[name]) for name in tested])
    adjusted = zip(tested, p, holm(p), benjamini_hochberg(p), strict=True)
    rows = [
        _compared(name, a.values[name], b.values[name], tuple(map(float, ps)), repeats, seed)
        for name, *ps in adjusted
    ]
    rows.sort(key=lambda row: (-abs(row.chance.value - 0.5), row.measure))
    notes = _notes(a, b, left_out, rows)
    return Comparison(a=a, b=b, size=check_sizes(a, b), rows=rows, notes=notes)


def _p_value(a: np.ndarray, b: np.ndarray) -> float:
    from scipy.stats import mannwhitneyu  # slow to import

    a, b = a[~np.isnan(a)], b[~np.isnan(b)]
    if np.ptp(np.concatenate([a, b])) == 0:
        return 1.0  # all alike
    return float(mannwhitneyu(a, b).pvalue)


def _compared(
    name: str, a: np.ndarray, b: np.ndarray, p: tuple[float, ...], repeats: int, seed: int
) -> MeasureComparison:
    raw, by_holm, by_bh = p
    there_a, there_b = ~np.isnan(a), ~np.isnan(b)
    return MeasureComparison(
        measure=name,
        count_a=int(there_a.sum()),
        count_b=int(there_b.sum()),
        missing_a=int((~there_a).sum()),
        missing_b=int((~there_b).sum()),
        median_a=float(np.median(a[there_a])),
        median_b=float(np.median(b[there_b])),
        chance=above_interval(b, a, repeats=repeats, seed=seed),
        p=raw,
        p_holm=by_holm,
        p_bh=by_bh,
    )


def check_sizes(a: MeasureTable, b: MeasureTable) -> SizeCheck:
    """Are the pictures of both sets equally large? By quartiles of the long side and of the number of pixels.

    They differ when of both a quartile of one set is more than UNLIKE from that of the other: many measures depend on
    size, so that a difference may then be one of size alone. When only one of the two does, the sets differ in shape.
    """
    both = [np.column_stack([t.width, t.height]) for t in (a, b)]  # [N, 2]
    for table, size in zip((a, b), both, strict=True):
        if np.isnan(size).any() or (size <= 0).any():
            return SizeCheck(
                differ=None,
                sentence=f"{table.name} does not give the width and height of each picture, so it is not known "
                "whether the sets differ in size. Many measures depend on it.",
            )
    quarters = [
        np.quantile(np.column_stack([size.max(1), size.prod(1)]), [0.25, 0.5, 0.75], axis=0)
        for size in both
    ]  # each [3, 2]
    far = (abs(np.log(quarters[0] / quarters[1])) > math.log1p(UNLIKE)).any(0)  # [2]
    differ = bool(far.all())
    long = " and ".join(
        f"{q[1, 0]:.0f} pixels in {table.name}" for table, q in zip((a, b), quarters, strict=True)
    )
    if differ:
        sentence = (
            f"The pictures of the two sets differ in size: the median long side is {long}. Many measures depend "
            "on size, so a difference below may be one of size alone. Measure both sets again at one size "
            "before you believe it."
        )
    elif far.any():
        alike, other = (
            ("number of pixels", "long side") if far[0] else ("long side", "number of pixels")
        )
        sentence = (
            f"The sets are alike in the {alike} and differ in the {other}, and so in the shape of their pictures. "
            f"The median long side is {long}."
        )
    elif all((size == both[0][0]).all() for size in both):
        sentence = f"All pictures have the same size: the long side is {long}."
    else:
        sentence = f"The sets are alike in size, though not all pictures are: the median long side is {long}."
    return SizeCheck(differ=differ, sentence=sentence)


def _notes(
    a: MeasureTable, b: MeasureTable, left_out: list[str], rows: list[MeasureComparison]
) -> list[str]:
    notes = []
    common = len({*a.files} & {*b.files} - {""})
    if common:
        notes.append(
            f"{common} file name{'s are' if common > 1 else ' is'} in both tables. The tests take the pictures of "
            "A and B as different ones; if they are the same pictures, a comparison in pairs would see more."
        )
    for table, other in ((a, b), (b, a)):
        if table.enlarged:
            notes.append(
                f"Of {table.enlarged} of {len(table)} pictures in {table.name} something was enlarged before it was "
                "measured (the column enlarged); what was enlarged has less fine detail than its size promises."
            )
        if alone := [name for name in table.values if name not in other.values]:
            notes.append(f"Only {table.name} has {', '.join(alone)}; not compared.")
        if table.passed_over:
            notes.append(
                f"No numbers in {table.name}: {', '.join(table.passed_over)}; passed over."
            )
    if left_out:
        notes.append(
            f"Fewer than {FEWEST} values in one of the tables: {', '.join(left_out)}; not compared."
        )
    if apart := [row.measure for row in rows if row.chance.value in (0, 1)]:
        notes.append(
            f"In {', '.join(apart)} every picture of one set exceeds every one of the other. An interval that draws "
            "from these pictures is then a single point; it says nothing about other pictures."
        )
    return notes


def write_comparison(path: str | Path, comparison: Comparison) -> None:
    """The numbers as CSV, a row a measure; the file appears whole or not at all. CompareError when it cannot."""
    rows = []
    for row in comparison.rows:
        chance = row.chance
        values = {name: value for name, value in asdict(row).items() if name != "chance"}
        rows.append(
            values
            | {"b_exceeds_a": chance.value, "b_exceeds_a_low": chance.low, "b_exceeds_a_high": chance.high}
        )  # fmt: skip
    try:
        with atomic_path(path) as part, open(part, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    except OSError as error:
        raise CompareError(f"{path} cannot be written: {reason(error)}") from error
