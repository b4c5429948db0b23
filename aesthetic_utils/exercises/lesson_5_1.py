"""Answers and hints for lesson 5.1, Flow matching."""

from collections.abc import Callable

import torch
from torch import Tensor

from aesthetic_utils.exercises import Exercise

Field = Callable[[Tensor, Tensor], Tensor]
Pair = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]
Step = Callable[[Field, Tensor, float, float], Tensor]
Guide = Callable[[Tensor, Tensor, float], Tensor]

DOTS = "Replace the dots in the function."


# ---- a pair


def pair(clean: Tensor, noise: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """Points [N, D] on the straight ways from clean to noise at the times t [N], and the velocities there."""
    share = t[:, None]
    return (1 - share) * clean + share * noise, noise - clean


def pair_turned(clean: Tensor, noise: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """Time runs the other way."""
    return pair(noise, clean, t)[0], noise - clean


def pair_backwards(clean: Tensor, noise: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """The velocity points to the drawing."""
    return pair(clean, noise, t)[0], clean - noise


def pair_of_roots(clean: Tensor, noise: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """The factors of DDPM."""
    share = t[:, None]
    return (1 - share).sqrt() * clean + share.sqrt() * noise, noise - clean


def pair_from_here(clean: Tensor, noise: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """What is left of the way, in place of its velocity."""
    x = pair(clean, noise, t)[0]
    return x, noise - x


def verify_pair(given: Pair) -> str | None:
    """A hint for the first mistake that shows at three places of three ways."""
    clean = torch.tensor([[1.0, 2.0], [0.0, -1.0], [3.0, 0.0]])
    noise = torch.tensor([[-1.0, 0.5], [2.0, 2.0], [0.0, 1.0]])
    t = torch.tensor([0.25, 0.5, 0.9])
    answer = given(clean, noise, t)
    if answer is ...:
        return DOTS
    if not isinstance(answer, tuple) or len(answer) != 2:
        return "Return two things: the places x and the velocities u."
    x, u = answer
    if x is ... or u is ...:
        return DOTS
    right_x, right_u = pair(clean, noise, t)
    if _same(x, pair_turned(clean, noise, t)[0]) and not _same(x, right_x):
        return "At t = 0 this is at the noise. With us t = 0 is the drawing."
    if _same(x, pair_of_roots(clean, noise, t)[0]):
        return "These are factors of another way, which is no straight line. The two have to add up to 1."
    if not _same(x, right_x):
        return "The places are not on the way: at t = 1/4 a quarter of the place is noise."
    if _same(u, -right_u):
        return (
            "The velocity points the wrong way: as t grows, x moves from the drawing to the noise."
        )
    if _same(u, noise - x):
        return (
            "That is what is left of the way. The velocity is the change of x in one unit of time."
        )
    return None if _same(u, right_u) else "What is the derivative of x with respect to t?"


# ---- two steps


def euler_step(field: Field, x: Tensor, now: float, then: float) -> Tensor:
    """One straight step by the velocity at x."""
    return x + (then - now) * field(x, torch.full((len(x),), now))


def heun_step(field: Field, x: Tensor, now: float, then: float) -> Tensor:
    """One step by the mean of the velocities at its two ends."""
    first = field(x, torch.full((len(x),), now))
    ahead = x + (then - now) * first
    second = field(ahead, torch.full((len(x),), then))
    return x + (then - now) * (first + second) / 2


def away_from_drawing(field: Field, x: Tensor, now: float, then: float) -> Tensor:
    """Adds a step of positive length, and walks back into the noise."""
    return x + (now - then) * field(x, torch.full((len(x),), now))


def without_length(field: Field, x: Tensor, now: float, then: float) -> Tensor:
    """A step of length 1, whatever the times."""
    return x - field(x, torch.full((len(x),), now))


def velocity_at_the_end(field: Field, x: Tensor, now: float, then: float) -> Tensor:
    """Asks at the later time."""
    return x + (then - now) * field(x, torch.full((len(x),), then))


def two_steps(field: Field, x: Tensor, now: float, then: float) -> Tensor:
    """Goes the whole step twice."""
    ahead = euler_step(field, x, now, then)
    return ahead + (then - now) * field(ahead, torch.full((len(x),), then))


def second_at_the_start(field: Field, x: Tensor, now: float, then: float) -> Tensor:
    """Asks for the second velocity at the place where the step began."""
    first, second = (field(x, torch.full((len(x),), t)) for t in (now, then))
    return x + (then - now) * (first + second) / 2


def half_way(field: Field, x: Tensor, now: float, then: float) -> Tensor:
    """The midpoint method, which has the same order."""
    middle = (now + then) / 2
    ahead = euler_step(field, x, now, middle)
    return x + (then - now) * field(ahead, torch.full((len(x),), middle))


def bent(x: Tensor, t: Tensor) -> Tensor:
    """A velocity that depends on place and time."""
    return torch.stack([x[:, 1] + t, t * t - 0.5 * x[:, 0]], 1)


def _step_hint(given: Step, right: Step, mistakes: tuple[tuple[Step, str], ...]) -> str | None:
    """None where a step of `given` is one of `right`, from two places and over three stretches."""
    start = torch.tensor([[1.0, 2.0], [-1.0, 0.5]])
    stretches = ((1.0, 0.75), (0.5, 0.2), (0.25, 0.0))
    answers = [given(bent, start.clone(), *times) for times in stretches]
    if any(answer is ... for answer in answers):
        return DOTS
    if all(
        _same(x, right(bent, start, *times)) for x, times in zip(answers, stretches, strict=True)
    ):
        return None
    for mistake, hint in mistakes:
        if _same(answers[0], mistake(bent, start, *stretches[0])):
            return hint
    return "From one place, between two times, this step ends somewhere else. Try it by hand with a constant field."


EULER_MISTAKES: tuple[tuple[Step, str], ...] = (
    (away_from_drawing, "This goes away from the drawing: from now to then, time falls."),
    (without_length, "How long is the step? It takes then - now of time."),
    (velocity_at_the_end, "Ask for the velocity where and when you are: at now."),
    (heun_step, "This is better than Euler: it is Heun's step, which comes next."),
)
HEUN_MISTAKES: tuple[tuple[Step, str], ...] = (
    (euler_step, "This is Euler's step. Where it ends, ask for the velocity a second time."),
    (two_steps, "This goes the whole step twice. Go once, from x, by the mean of both velocities."),
    (second_at_the_start, "Ask for the second velocity at the place that Euler's step reaches."),
    (half_way, "This is the midpoint method, of the same order. Heun asks at both ends."),
    (away_from_drawing, "This goes away from the drawing: from now to then, time falls."),
)


def verify_euler(given: Step) -> str | None:
    """A hint for the first mistake that shows in a field that turns and changes."""
    return _step_hint(given, euler_step, EULER_MISTAKES)


def verify_heun(given: Step) -> str | None:
    """A hint for the first mistake that shows in a field that turns and changes."""
    return _step_hint(given, heun_step, HEUN_MISTAKES)


# ---- guidance


def guide(plain: Tensor, asked: Tensor, strength: float) -> Tensor:
    """From what is drawn anyway, `strength` times as far as what is asked for."""
    return plain + strength * (asked - plain)


def guide_once_more(plain: Tensor, asked: Tensor, strength: float) -> Tensor:
    """Ho and Salimans' w, which is smaller by 1."""
    return asked + strength * (asked - plain)


def guide_turned(plain: Tensor, asked: Tensor, strength: float) -> Tensor:
    """Away from what is asked for."""
    return plain + strength * (plain - asked)


def guide_louder(plain: Tensor, asked: Tensor, strength: float) -> Tensor:
    """The velocity multiplied, and not the difference."""
    return strength * asked


def verify_guide(given: Guide) -> str | None:
    """A hint for the first mistake that shows at three strengths."""
    plain, asked = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, -1.0]])
    answer = given(plain, asked, 2.0)
    if answer is ...:
        return DOTS
    for mistake, hint in (
        (guide_once_more, "At strength 1 this is not the plain conditional velocity, and it should be."),
        (guide_turned, "This goes away from what is asked for."),
        (guide_louder, "This only makes everything faster. What is the difference that asking makes?"),
    ):  # fmt: skip
        if _same(answer, mistake(plain, asked, 2.0)):
            return hint
    for strength in (0.0, 1.0, 2.0, 3.5):
        if not _same(given(plain, asked, strength), guide(plain, asked, strength)):
            return f"At strength {strength:g} it should go {strength:g} times as far from plain as asked is."
    return None


def _same(a: Tensor, b: Tensor) -> bool:
    return isinstance(a, Tensor) and a.shape == b.shape and torch.allclose(a, b, atol=1e-5)


EXERCISES: dict[str, Exercise] = {
    "pair": Exercise(
        answer=pair,
        verify=verify_pair,
        wrong_examples=(
            pair_turned, pair_backwards, pair_of_roots, pair_from_here,
            lambda c, n, t: pair(c, n, t)[0], lambda c, n, t: (c, n - c), lambda c, n, t: ...,
        ),
    ),
    "euler": Exercise(
        answer=euler_step,
        verify=verify_euler,
        wrong_examples=(
            *(mistake for mistake, _ in EULER_MISTAKES), lambda field, x, now, then: ...,
            lambda field, x, now, then: x,
        ),
    ),
    "heun": Exercise(
        answer=heun_step,
        verify=verify_heun,
        wrong_examples=(
            *(mistake for mistake, _ in HEUN_MISTAKES), lambda field, x, now, then: ...,
            lambda field, x, now, then: x,
        ),
    ),
    "guide": Exercise(
        answer=guide,
        verify=verify_guide,
        wrong_examples=(
            guide_once_more, guide_turned, guide_louder, lambda p, a, s: ..., lambda p, a, s: a,
        ),
    ),
    "evaluations": Exercise(
        answer=100 * 39 * 2,
        hints={
            100 * 39: "Guidance asks twice: with the condition and without.",
            100 * 40 * 2: "The last step of Heun asks only once.",
            100 * 20 * 2: "Heun asks twice a step, and once in the last.",
            100 * 20: "Heun asks twice a step, and guidance doubles that.",
            78: "That is for one picture.",
        },
        default_hint="Pictures, times evaluations of the solver, times velocities that guidance mixes.",
    ),
    "level": Exercise(
        answer=(1.0, 0.5),
        tolerance=1e-6,
        hints={
            (0.5, 0.5): "sigma is noise over drawing: t / (1 - t).",
            (1.0, 0.25): "A is a share of the variance: (1 - t)^2 over (1 - t)^2 + t^2.",
            (1.0, 1.0): "A is a share of the variance, and below 1 where there is any noise.",
        },
        default_hint="Put t = 1/2 into sigma = t / (1 - t) and A = (1 - t)^2 / ((1 - t)^2 + t^2).",
    ),
    "minimum": Exercise(
        answer="copies",
        hints={
            "noise": "The best field leads from noise to data. To which data?",
            "mean": "At t = 1 it points to the mean drawing, but on the way it makes up its mind.",
            "new drawings": "The loss knows nothing but the drawings that it is computed on. Look at the picture again.",
        },
        default_hint='Answer "copies", "mean", "noise" or "new drawings".',
    ),
}  # fmt: skip
