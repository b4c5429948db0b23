"""Answers and hints for lesson 3.3, Recurrence and attention."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesthetic_utils.exercises import Exercise

Step = Callable[..., Tensor]


def close(given: Tensor, wanted: Tensor) -> bool:
    return given.shape == wanted.shape and torch.allclose(
        given.double(), wanted.double(), atol=1e-6
    )


def wrong_shape(given: object, wanted: Tensor, what: str) -> str | None:
    """What is the matter with an answer that is no tensor of the right shape; None if it is one."""
    if given is ...:
        return "Replace the dots in the function."
    if not isinstance(given, Tensor):
        return f"{what} should be a tensor, and this is {type(given).__name__}."
    if given.shape != wanted.shape:
        return (
            f"{what} should have the shape {list(wanted.shape)}, and this has {list(given.shape)}."
        )
    return None


# ---- one step of a plain recurrent network


def rnn_step(x: Tensor, h: Tensor, U: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """tanh(W h + U x + b) for N sequences: x [N, d], h [N, m], U [m, d], W [m, m], b [m] -> [N, m]."""
    return torch.tanh(h @ W.T + x @ U.T + b)


def without_tanh(x: Tensor, h: Tensor, U: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """Takes the sum for the new state already."""
    return h @ W.T + x @ U.T + b


def without_memory(x: Tensor, h: Tensor, U: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """Takes a recurrent step for a layer that reads the new token alone."""
    return torch.tanh(x @ U.T + b)


def without_bias(x: Tensor, h: Tensor, U: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """Takes two matrices for all the weights that there are."""
    return torch.tanh(h @ W.T + x @ U.T)


def not_transposed(x: Tensor, h: Tensor, U: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """Writes W h as in a formula for columns, though a state is a row here."""
    return torch.tanh(h @ W + x @ U.T + b)


RNN_MISTAKES = (
    (without_tanh, "The sum is right. It has to go through tanh before it becomes the new state."),
    (without_memory, "The old state does not count here: add W times h."),
    (without_bias, "Nearly. The bias b is missing."),
    (not_transposed, "W h for a state that is a row is h @ W.T, with a transposed W."),
)


def rnn_numbers() -> tuple[tuple[Tensor, ...], nn.RNNCell]:
    """x, h, U, W and b, and torch's cell with the same numbers; float64, three sequences."""
    torch_cell = nn.RNNCell(5, 4, dtype=torch.float64)
    g = torch.Generator().manual_seed(3)
    for weight in torch_cell.parameters():
        weight.data = torch.randn(weight.shape, generator=g, dtype=torch.float64)
    x, h = (torch.randn(3, n, generator=g, dtype=torch.float64) for n in (5, 4))
    both = torch_cell.bias_ih + torch_cell.bias_hh  # torch keeps two; their sum counts
    return (
        x,
        h,
        *(w.detach() for w in (torch_cell.weight_ih, torch_cell.weight_hh, both)),
    ), torch_cell


def verify_rnn(step: Step) -> str | None:
    """Compares with torch.nn.RNNCell."""
    numbers, torch_cell = rnn_numbers()
    wanted = torch_cell(*numbers[:2]).detach()
    given = step(*numbers)
    if complaint := wrong_shape(given, wanted, "The new state"):
        return complaint
    if close(given, wanted):
        return None
    for mistake, hint in RNN_MISTAKES:
        if close(given, mistake(*numbers)):
            return hint
    return "torch.nn.RNNCell gives another state for the same numbers."


# ---- one step of an LSTM

Both = tuple[Tensor, Tensor]
Cell = Callable[..., Both]


def lstm_step(
    x: Tensor, h: Tensor, c: Tensor, U: Tensor, W: Tensor, b: Tensor
) -> tuple[Tensor, Tensor]:
    """The new state and the new memory, each [N, m]; U [4m, d], W [4m, m], b [4m] in torch's order i, f, g, o."""
    i, f, candidate, o = (x @ U.T + h @ W.T + b).chunk(4, dim=1)  # each [N, m]
    c = f.sigmoid() * c + i.sigmoid() * candidate.tanh()
    return o.sigmoid() * c.tanh(), c


def gates_open(x: Tensor, h: Tensor, c: Tensor, U: Tensor, W: Tensor, b: Tensor) -> Both:
    """Forgets the sigmoids."""
    i, f, candidate, o = (x @ U.T + h @ W.T + b).chunk(4, dim=1)
    c = f * c + i * candidate.tanh()
    return o * c.tanh(), c


def keep_and_write_swapped(
    x: Tensor, h: Tensor, c: Tensor, U: Tensor, W: Tensor, b: Tensor
) -> Both:
    """Takes the first quarter for the gate that keeps: the order of the formulas, not that of torch."""
    f, i, candidate, o = (x @ U.T + h @ W.T + b).chunk(4, dim=1)
    c = f.sigmoid() * c + i.sigmoid() * candidate.tanh()
    return o.sigmoid() * c.tanh(), c


def memory_shown_bare(x: Tensor, h: Tensor, c: Tensor, U: Tensor, W: Tensor, b: Tensor) -> Both:
    """Shows the memory itself, without its tanh."""
    i, f, candidate, o = (x @ U.T + h @ W.T + b).chunk(4, dim=1)
    c = f.sigmoid() * c + i.sigmoid() * candidate.tanh()
    return o.sigmoid() * c, c


def old_memory_shown(x: Tensor, h: Tensor, c: Tensor, U: Tensor, W: Tensor, b: Tensor) -> Both:
    """Shows the memory before it was written to."""
    i, f, candidate, o = (x @ U.T + h @ W.T + b).chunk(4, dim=1)
    new = f.sigmoid() * c + i.sigmoid() * candidate.tanh()
    return o.sigmoid() * c.tanh(), new


def candidate_squashed_wrong(
    x: Tensor, h: Tensor, c: Tensor, U: Tensor, W: Tensor, b: Tensor
) -> Both:
    """Takes the candidate for a fourth gate, so that nothing can be taken away from the memory."""
    i, f, candidate, o = (x @ U.T + h @ W.T + b).chunk(4, dim=1)
    c = f.sigmoid() * c + i.sigmoid() * candidate.sigmoid()
    return o.sigmoid() * c.tanh(), c


LSTM_MISTAKES = (
    (gates_open, "A gate is a number between 0 and 1: i, f and o go through a sigmoid first."),
    (keep_and_write_swapped, "torch's order is i, f, g, o: the first quarter writes, the second keeps."),
    (memory_shown_bare, "The memory is right. What is shown of it is o times tanh(c)."),
    (old_memory_shown, "The memory is right. The state shows the new memory, not the old one."),
    (candidate_squashed_wrong, "The candidate goes through tanh: it may take something away from the memory."),
)  # fmt: skip


def lstm_numbers() -> tuple[tuple[Tensor, ...], nn.LSTMCell]:
    """x, h, c, U, W and b, and torch's cell with the same numbers; float64, three sequences."""
    torch_cell = nn.LSTMCell(5, 4, dtype=torch.float64)
    g = torch.Generator().manual_seed(4)
    for weight in torch_cell.parameters():
        weight.data = torch.randn(weight.shape, generator=g, dtype=torch.float64)
    x, h, c = (torch.randn(3, n, generator=g, dtype=torch.float64) for n in (5, 4, 4))
    both = torch_cell.bias_ih + torch_cell.bias_hh
    weights = (w.detach() for w in (torch_cell.weight_ih, torch_cell.weight_hh, both))
    return (x, h, c, *weights), torch_cell


def verify_lstm(step: Cell) -> str | None:
    """Compares with torch.nn.LSTMCell."""
    numbers, torch_cell = lstm_numbers()
    x, h, c = numbers[:3]
    wanted = tuple(part.detach() for part in torch_cell(x, (h, c)))
    given = step(*numbers)
    if given is ...:
        return "Replace the dots in the function."
    if not isinstance(given, tuple) or len(given) != 2:
        return "Return two tensors: the new state h and the new memory c."
    for one, other, what in zip(given, wanted, ("The new state", "The new memory"), strict=True):
        if complaint := wrong_shape(one, other, what):
            return complaint
    if all(map(close, given, wanted)):
        return None
    if all(map(close, given, wanted[::-1])):
        return "Both are right, in the other order: first the state h, then the memory c."
    for mistake, hint in LSTM_MISTAKES:
        if all(map(close, given, mistake(*numbers))):
            return hint
    return "torch.nn.LSTMCell gives another state or memory for the same numbers."


# ---- one head of attention


def head(x: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor) -> Tensor:
    """softmax(Q K^T / sqrt(d_k)) V for tokens x [n, d] and matrices [d, d_k]: [n, d_k]."""
    query, key, value = x @ W_q, x @ W_k, x @ W_v
    scores = query @ key.T / query.shape[1] ** 0.5  # [n, n]
    return scores.softmax(dim=1) @ value


def unscaled(x: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor) -> Tensor:
    """Takes scores for weights of any length: long vectors then look at one token alone."""
    return ((x @ W_q) @ (x @ W_k).T).softmax(1) @ (x @ W_v)


def scaled_twice(x: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor) -> Tensor:
    """Divides by the length of a query, where its root is the spread of a score."""
    return ((x @ W_q) @ (x @ W_k).T / W_q.shape[1]).softmax(1) @ (x @ W_v)


def scaled_by_the_token(x: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor) -> Tensor:
    """Takes the length of a token for that of a query."""
    return ((x @ W_q) @ (x @ W_k).T / x.shape[1] ** 0.5).softmax(1) @ (x @ W_v)


def softmax_of_columns(x: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor) -> Tensor:
    """Takes attention for something that each token gets, not something that it shares out."""
    return ((x @ W_q) @ (x @ W_k).T / W_q.shape[1] ** 0.5).softmax(0) @ (x @ W_v)


def not_softened(x: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor) -> Tensor:
    """Takes scores for weights already."""
    return ((x @ W_q) @ (x @ W_k).T / W_q.shape[1] ** 0.5) @ (x @ W_v)


def keys_ask(x: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor) -> Tensor:
    """Takes the key for what asks and the query for what answers."""
    return head(x, W_k, W_q, W_v)


HEAD_MISTAKES = (
    (unscaled, "All but the scale: divide the scores by the square root of the length of a query."),
    (scaled_twice, "Divide by the square root of the length, not by the length."),
    (scaled_by_the_token, "The length that counts is that of a query, not that of a token."),
    (softmax_of_columns, "Each token shares out its own attention: the softmax runs along a row."),
    (not_softened, "The scores are right. They become weights by a softmax along each row."),
    (keys_ask, "Turned round: row i of the scores belongs to the query of token i."),
)


def verify_head(function: Step) -> str | None:
    """Compares with torch's scaled_dot_product_attention; queries are shorter than tokens."""
    g = torch.Generator().manual_seed(5)
    x = torch.randn(7, 6, generator=g, dtype=torch.float64)
    matrices = [torch.randn(6, 4, generator=g, dtype=torch.float64) for _ in range(3)]
    wanted = F.scaled_dot_product_attention(*((x @ w)[None] for w in matrices))[0]
    given = function(x, *matrices)
    if complaint := wrong_shape(given, wanted, "The answer"):
        return complaint
    if close(given, wanted):
        return None
    for mistake, hint in HEAD_MISTAKES:
        if close(given, mistake(x, *matrices)):
            return hint
    return "scaled_dot_product_attention gives something else for the same numbers."


EXERCISES = {
    "rnn_step": Exercise(
        answer=rnn_step,
        verify=verify_rnn,
        wrong_examples=(
            *(mistake for mistake, _ in RNN_MISTAKES),
            lambda x, h, U, W, b: h,
            lambda x, h, U, W, b: x,
            lambda x, h, U, W, b: ...,
        ),
    ),
    "lstm_step": Exercise(
        answer=lstm_step,
        verify=verify_lstm,
        wrong_examples=(
            *(mistake for mistake, _ in LSTM_MISTAKES),
            lambda *numbers: lstm_step(*numbers)[::-1],
            lambda x, h, c, U, W, b: (h, c),
            lambda x, h, c, U, W, b: h,
            lambda x, h, c, U, W, b: (x, c),
            lambda x, h, c, U, W, b: ...,
        ),
    ),
    "head": Exercise(
        answer=head,
        verify=verify_head,
        wrong_examples=(
            *(mistake for mistake, _ in HEAD_MISTAKES),
            lambda x, W_q, W_k, W_v: x @ W_v,
            lambda x, W_q, W_k, W_v: x,
            lambda x, W_q, W_k, W_v: None,
        ),
    ),
    "learned_numbers": Exercise(
        answer=300 * (300 + 96 + 1),
        hints={
            300 * (300 + 96): "And one bias for each of the 300 numbers of the state.",
            300 * (300 + 96 + 2): "torch keeps two biases; the equation has one.",
            300 * (300 + 32 + 1): "A row has 32 pixels, and each pixel three numbers.",
            32 * 300 * (300 + 96 + 1): "The same matrices serve every row: they count once.",
        },
    ),
    "cost": Exercise(
        answer=256,
        hints={
            16: "That is how many more tokens there are. How many pairs of tokens?",
            64: "That is the number of patches. How many pairs of them, and how many pairs of pixels?",
            4: "A patch of 4 x 4 pixels holds 16 pixels, and the table counts pairs of tokens.",
        },
        default_hint="Count the tokens in both cases; the table of scores has a number for each pair.",
    ),
}  # fmt: skip
