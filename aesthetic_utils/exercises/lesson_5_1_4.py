"""Answers and hints for lesson 5.1.4, Whose taste?"""

from collections.abc import Callable, Sequence

import numpy as np

from aesthetic_utils.exercises import Exercise

Others = Callable[[np.ndarray, Sequence[str]], np.ndarray]
Ceiling = Callable[[float, int], float]
Ridge = Callable[[np.ndarray, np.ndarray, np.ndarray, float], np.ndarray]
DOTS = "Replace the dots in the function."


# ---- the others of the noun


def others(values: np.ndarray, nouns: Sequence[str]) -> np.ndarray:
    """Mean of the other values of the same noun, NaN for one alone: [N]."""
    found = np.full(len(values), np.nan)
    for i, noun in enumerate(nouns):
        rest = [v for j, v in enumerate(values) if nouns[j] == noun and j != i]
        if rest:
            found[i] = np.mean(rest)
    return found


def with_itself(values: np.ndarray, nouns: Sequence[str]) -> np.ndarray:
    """The slip: the picture takes part in its own prediction."""
    names = np.asarray(nouns)
    return np.array([values[names == noun].mean() for noun in nouns])


def too_many(values: np.ndarray, nouns: Sequence[str]) -> np.ndarray:
    """Divides by n, not by n - 1."""
    names = np.asarray(nouns)
    return np.array(
        [
            (values[names == noun].sum() - v) / (names == noun).sum()
            for v, noun in zip(values, nouns, strict=True)
        ]
    )


def all_others(values: np.ndarray, nouns: Sequence[str]) -> np.ndarray:
    """Does not look at the noun."""
    return (values.sum() - values) / (len(values) - 1)


def nothing_for_the_lonely(values: np.ndarray, nouns: Sequence[str]) -> np.ndarray:
    """0 in place of NaN."""
    return np.nan_to_num(others(values, nouns))


def itself_for_the_lonely(values: np.ndarray, nouns: Sequence[str]) -> np.ndarray:
    """A picture alone is predicted by itself."""
    found = others(values, nouns)
    return np.where(np.isnan(found), values, found)


def verify_others(given: Others) -> str | None:
    """A hint for the first mistake that shows on six values of three nouns."""
    values = np.array([1.0, 2.0, 6.0, 3.0, 5.0, 4.0])
    nouns = ["lake", "lake", "lake", "cup", "cup", "moon"]
    answer = given(values, nouns)
    if answer is ...:
        return DOTS
    for mistake, hint in (
        (with_itself, "Each picture takes part in its own prediction. Leave it out."),
        (too_many, "One picture less is in the sum, so divide by one less."),
        (all_others, "These are all other pictures. Take those of the same noun."),
        (nothing_for_the_lonely, "A picture that is alone has no others: NaN, not a number."),
        (itself_for_the_lonely, "A picture that is alone has no others: NaN, not itself."),
    ):
        if _same(answer, mistake(values, nouns)):
            return hint
    right = others(values, nouns)
    if not _same(answer, right):
        return f"For {values.tolist()} of {nouns} it should be {np.round(right, 2).tolist()}."
    return None


# ---- the ceiling


def ceiling(rho: float, rounds: int) -> float:
    """The root of the reliability of the mean of so many rounds."""
    return float((rounds * rho / (1 + (rounds - 1) * rho)) ** 0.5)


def no_root(rho: float, rounds: int) -> float:
    """The reliability itself."""
    return ceiling(rho, rounds) ** 2


def one_round(rho: float, rounds: int) -> float:
    """Takes no notice of the number of rounds."""
    return rho**0.5


def root_first(rho: float, rounds: int) -> float:
    """Spearman and Brown's step on the root."""
    return rounds * rho**0.5 / (1 + (rounds - 1) * rho**0.5)


def verify_ceiling(given: Ceiling) -> str | None:
    """A hint for the first mistake that shows at five reliabilities and numbers of rounds."""
    cases = ((0.49, 2), (0.49, 1), (0.25, 3), (0.0, 2), (1.0, 2))
    answers = [given(*case) for case in cases]
    if any(answer is ... for answer in answers):
        return DOTS
    for mistake, hint in (
        (no_root, "That is the reliability of the ratings. A prediction that knows the taste correlates with them by its root."),
        (one_round, "The mean of two rounds wavers less than one. Put in Spearman and Brown's step before the root."),
        (root_first, "First the reliability of the mean of the rounds, and then the root."),
    ):  # fmt: skip
        if _same(answers[0], mistake(*cases[0])):
            return hint
    for case, answer in zip(cases, answers, strict=True):
        if not _same(answer, ceiling(*case)):
            return f"For rho = {case[0]} and {case[1]} rounds it should be {ceiling(*case):.3f}, and is {float(answer):.3f}."
    return None


# ---- the ridge


def ridge(x: np.ndarray, y: np.ndarray, prior: np.ndarray, penalty: float) -> np.ndarray:
    """From the prior, as far as the data speak against it."""
    pull = penalty * np.eye(x.shape[1])
    return prior + np.linalg.solve(x.T @ x + pull, x.T @ (y - x @ prior))


def towards_zero(x: np.ndarray, y: np.ndarray, prior: np.ndarray, penalty: float) -> np.ndarray:
    """The usual ridge."""
    return ridge(x, y, np.zeros(x.shape[1]), penalty)


def without_penalty(x: np.ndarray, y: np.ndarray, prior: np.ndarray, penalty: float) -> np.ndarray:
    """Least squares."""
    return ridge(x, y, prior, 1e-12)


def forgets_the_prior(
    x: np.ndarray, y: np.ndarray, prior: np.ndarray, penalty: float
) -> np.ndarray:
    """Fits what is left, and does not add the prior again."""
    return ridge(x, y, prior, penalty) - prior


def whole_answer(x: np.ndarray, y: np.ndarray, prior: np.ndarray, penalty: float) -> np.ndarray:
    """Adds the prior to a fit of the ratings themselves."""
    return prior + towards_zero(x, y, prior, penalty)


def squared_penalty(x: np.ndarray, y: np.ndarray, prior: np.ndarray, penalty: float) -> np.ndarray:
    """Squares the penalty."""
    return ridge(x, y, prior, penalty**2)


RIDGE_MISTAKES: tuple[tuple[Ridge, str], ...] = (
    (towards_zero, "This is drawn towards 0. Without a single vote it should be the prior."),
    (without_penalty, "The penalty does nothing: with fewer votes than weights it has to hold them."),
    (forgets_the_prior, "These are the weights' distances from the prior. Add the prior again."),
    (whole_answer, "Fit what the prior leaves of the ratings, y - x @ prior, not the ratings."),
    (squared_penalty, "The penalty itself stands on the diagonal, not its square."),
)  # fmt: skip


def verify_ridge(given: Ridge) -> str | None:
    """A hint for the first mistake that shows on five votes and three weights."""
    x = np.array([[1.0, 0, 0], [1, 1, 0], [0, 1, 1], [0, 0, 1], [1, 0, 1]])
    y, prior, penalty = np.array([1.0, 3, 2, 0, 1]), np.array([0.5, 1.0, -1.0]), 2.0
    answer = given(x, y, prior, penalty)
    if answer is ...:
        return DOTS
    for mistake, hint in RIDGE_MISTAKES:
        if _same(answer, mistake(x, y, prior, penalty)):
            return hint
    right = ridge(x, y, prior, penalty)
    if not _same(answer, right):
        return f"For five votes on three weights it should be {np.round(right, 3).tolist()}. Set the derivative of the sum to 0."
    if not _same(given(x[:0], y[:0], prior, penalty), prior):
        return "Without a single vote it should be the prior."
    return None


def _same(a: object, b: object) -> bool:
    try:
        one, other = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    except (TypeError, ValueError):
        return False
    return one.shape == other.shape and np.allclose(one, other, atol=1e-6, equal_nan=True)


EXERCISES = {
    "others": Exercise(
        answer=others,
        verify=verify_others,
        wrong_examples=(
            with_itself, too_many, all_others, nothing_for_the_lonely, itself_for_the_lonely,
            lambda values, nouns: values, lambda values, nouns: ...,
        ),
    ),
    "ceiling": Exercise(
        answer=ceiling,
        verify=verify_ceiling,
        wrong_examples=(no_root, one_round, root_first, lambda rho, rounds: 0.8, lambda rho, rounds: ...),
    ),
    "ridge": Exercise(
        answer=ridge,
        verify=verify_ridge,
        wrong_examples=(
            *(mistake for mistake, _ in RIDGE_MISTAKES), lambda x, y, prior, penalty: prior,
            lambda x, y, prior, penalty: ...,
        ),
    ),
    "raters": Exercise(
        answer=78,
        hints={
            77: "With 77 the chance is a hair below 80 in 100. Round up.",
            28: "That is for an effect of 5 points.",
            40: "That finds it in half of the classes only: add the 0.84 to the 1.96.",
            53: "Count the spread of people's own effects, too: it does not shrink with more pictures.",
            9: "The variance is divided by the square of the effect.",
        },
        default_hint="(1.96 + 0.84)^2 times (5^2 + 4 (12.1^2 + 15.4^2) / 24), over 3^2, rounded up.",
    ),
    "sealed": Exercise(
        answer=("camps", "nobody", "everybody"),
        hints={
            ("nobody", "camps", "everybody"): "The means of two of the classes are alike. How far do their people scatter, beside their errors?",
            ("nobody", "everybody", "camps"): "None of the three yet. Print the mean with its interval, and the spread, of each class.",
            ("everybody", "nobody", "camps"): "In which class does the interval of the mean leave out 0?",
        },
        default_hint="Two numbers decide: the mean with its interval, and the spread between people.",
    ),
}  # fmt: skip
