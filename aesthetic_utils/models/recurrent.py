"""A recurrent network that reads a picture as text is read: row by row, from the top."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

CELLS: Mapping[str, type[nn.RNNBase]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


@dataclass(frozen=True, kw_only=True)
class RecurrentConfig:
    """Settings of a `RowReader`."""

    classes: int = 10
    cell: str = "lstm"  # one of CELLS; "rnn" is the plain network, with tanh
    image_channels: int = 3  # 3 = RGB, 1 = grey
    image_size: int = 32  # pixels; as many steps, one a row
    hidden: int = 128  # length of the state that is handed from row to row

    def __post_init__(self) -> None:
        if self.cell not in CELLS:
            raise ValueError(f"cell is {self.cell!r}; use one of {', '.join(CELLS)}")
        if min(self.classes, self.image_channels, self.image_size, self.hidden) < 1:
            raise ValueError("classes, image_channels, image_size and hidden must be at least 1")


class RowReader(nn.Module):
    """Reads the rows of a picture one after the other and answers from what it remembers of them at the end.

    In: float [N, image_channels, S, S], values in [0, 1]. Out: logits [N, classes].

    The cells are torch's: Elman's (1990) with tanh, the LSTM of Hochreiter and Schmidhuber (1997) with the forget
    gate of Gers et al. (2000), and the GRU of Cho et al. (2014), https://arxiv.org/abs/1406.1078. Rows of white
    paper are rows of zeros, so that a network without biases would stay as it is while it reads them.
    """

    def __init__(self, config: RecurrentConfig):
        super().__init__()
        self.config = config
        row = config.image_channels * config.image_size  # numbers in a row of pixels
        self.read = CELLS[config.cell](row, config.hidden, batch_first=True)
        self.classify = nn.Linear(config.hidden, config.classes)

    def states(self, x: Tensor) -> Tensor:
        """What the network remembers after each row: [N, S, hidden], each number between -1 and 1."""
        return self.read(rows_of(x, self.config))[0]

    def features(self, x: Tensor) -> Tensor:
        """What it remembers at the end, [N, hidden]."""
        return self.states(x)[:, -1]

    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.features(x))  # [N, classes]


def rows_of(x: Tensor, config: RecurrentConfig) -> Tensor:
    """Pictures [N, C, S, S] in [0, 1] as sequences of rows, [N, S, C S]: white is 0, black is 2.

    Raises ValueError for pictures of another size than the network's.
    """
    c, s = config.image_channels, config.image_size
    if x.ndim != 4 or tuple(x.shape[1:]) != (c, s, s):
        raise ValueError(
            f"this network reads pictures [N, {c}, {s}, {s}]; got {tuple(x.shape)}. Another size is another "
            "number of pixels a row: set image_size in its config"
        )
    return 2 * (1 - x).transpose(1, 2).flatten(2)  # [N, S, C S]


def input_gradients(model: RowReader, images: Tensor, labels: Tensor) -> Tensor:
    """How much each row matters to the loss: the norm of its gradient with respect to the row, [N, S].

    images: float [N, C, S, S] in [0, 1]; labels: int64 [N]. The loss is the cross-entropy of each picture. Gradients of the weights are
    left as they were.
    """
    rows = rows_of(images, model.config).detach().requires_grad_()
    logits = model.classify(model.read(rows)[0][:, -1])
    loss = nn.functional.cross_entropy(logits, labels, reduction="sum")  # one picture, one term
    (gradient,) = torch.autograd.grad(loss, rows)  # [N, S, C S]
    return gradient.norm(dim=2)
