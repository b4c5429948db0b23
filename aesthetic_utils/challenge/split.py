"""Which drawings a challenge hides: half of those that nobody learns from, chosen by a secret of the teacher."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from aesthetic_utils.data import load_emoji
from aesthetic_utils.storage import AestheticError, atomic_path, reason

SHORTEST = 16  # characters of a secret


@dataclass(frozen=True, kw_only=True)
class Split:
    """The drawings of a challenge, float [N, 3, 32, 32] in [0, 1]."""

    train: Tensor  # what everybody may learn from: load_emoji("train", ideas="all")
    hidden: Tensor  # what is compared with
    others: Tensor  # the other half: what real drawings get


def read_secret(path: Path) -> str:
    """The secret of a file; a new file gets a drawn one. Raises AestheticError for one that is too short."""
    try:
        if not path.exists():
            with atomic_path(path) as part:
                part.write_text(secrets.token_hex(16) + "\n", encoding="ascii")
        secret = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = reason(error) if isinstance(error, OSError) else "it is no text"
        raise AestheticError(f"{path} cannot be used for the secret: {why}") from error
    if len(secret) < SHORTEST:
        raise AestheticError(f"the secret in {path} has fewer than {SHORTEST} characters")
    return secret


def fingerprint(secret: str) -> str:
    """What can be published before the challenge, to show after it that the secret was not changed: SHA-256, in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_hidden(idea: str, secret: str) -> bool:
    """Whether the drawings of an idea are hidden: an even chance for each, all hands and variants of it together."""
    return hmac.digest(secret.encode(), idea.encode(), "sha256")[0] < 128


def split_drawings(secret: str, *, every: int = 1) -> Split:
    """The drawings of a challenge, of all ten hands at 32 pixels; or every so many of them, for a trial."""
    train = load_emoji("train", ideas="all").images[::every]
    hidden: list[Tensor] = []
    others: list[Tensor] = []
    for part in ("validation", "test"):
        drawings = load_emoji(part, ideas="all")
        for image, name in zip(drawings.images[::every], drawings.names[::every], strict=True):
            (hidden if is_hidden(name, secret) else others).append(image)
    if not hidden or not others:
        raise AestheticError("the secret hides all drawings or none; take another")
    return Split(
        train=train.float() / 255,
        hidden=torch.stack(hidden).float() / 255,
        others=torch.stack(others).float() / 255,
    )
