"""The rating task as a widget: pictures, buttons, and a file that is written after each answer.

Only widgets of ipywidgets, and no JavaScript of our own, so that it looks and works the same in Jupyter
and in Colab. For that reason no single keys are bound to answers. Everything can be done from the keyboard
all the same: Tab and Shift+Tab go from button to button, Space or Enter presses one. The buttons stay the
same objects from question to question, so the focus stays where it is: whoever prefers the left picture three
times in a row presses Space three times.
"""

import base64
import html
import io
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import ipywidgets as widgets
import torch
from PIL import Image
from torch import Tensor

from aesthetic_utils.storage import AestheticError
from aesthetic_utils.widgets.session import SCALE, RatingSession

LONG_SIDE = 480  # pixels to which larger pictures are shrunk before they are sent to the browser
SHOWN_HEIGHT = 300  # pixels on the page
ENLARGED = 3  # how far a small picture is enlarged at most
TOO_FAST_S = 0.25  # a second click within this time was meant for the question before

BUTTONS = {
    "pair": (
        ("left", "Left", "the left picture"),
        ("tie", "Equal", "both equally"),
        ("right", "Right", "the right picture"),
    ),
    "scale": tuple((n, str(n), f"{n} of {SCALE[1]}") for n in range(SCALE[0], SCALE[1] + 1)),
}
ENDS = ("not at all", "very much")


class Rater(widgets.VBox):
    """Shows the questions of a `RatingSession` and stores the answers.

    images         name -> picture, uint8 [3, H, W] or float in [0, 1]
    path           the file of votes, such as "my_votes.csv"; documented in judgements.vote_file
    task, rater, seed, repeat_share, question, questions   as for `RatingSession`
    ends           what the two ends of the scale mean

    `.session` holds the session; whatever it raises while rating is shown in place of the progress.
    """

    def __init__(
        self,
        images: Mapping[str, Tensor],
        *,
        task: str = "pair",
        path: str | Path,
        rater: str | None = None,
        seed: int = 0,
        repeat_share: float = 0.15,
        questions: int | None = None,
        question: str | None = None,
        ends: tuple[str, str] = ENDS,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.session = RatingSession(
            list(images), task=task, path=path, rater=rater, seed=seed, repeat_share=repeat_share,
            question=question, questions=questions, clock=clock,
        )  # fmt: skip
        self._images, self._clock = images, clock
        self._sources: dict[str, str] = {}
        self.question, self.pictures, self.status = (widgets.HTML() for _ in range(3))
        self.answers = [
            self._button(text, tip, lambda choice=choice: self.session.vote(choice), "130px", task)
            for choice, text, tip in BUTTONS[task]
        ]
        self.undo = self._button("Undo", "take back the last answer", self._take_back, "90px")
        self.stop = self._button("Stop", "stop here; answers are stored", self.session.stop, "90px")
        row = widgets.Layout(flex_flow="row wrap", justify_content="center", align_items="center")
        labels = [widgets.HTML(html.escape(text)) for text in ends] if task == "scale" else []
        answers = [*labels[:1], *self.answers, *labels[1:]]  # in the order in which Tab goes
        super().__init__(
            [
                self.question,
                self.pictures,
                widgets.HBox(answers, layout=row),
                widgets.HBox([self.undo, self.stop], layout=row),
                self.status,
            ],
            layout=widgets.Layout(align_items="stretch", max_width="900px"),
        )
        self._refresh(self._welcome())

    def _button(
        self, text: str, tip: str, action: Callable, width: str, task: str = ""
    ) -> widgets.Button:
        """A button whose action may fail; what went wrong is then shown, and the question stays."""
        width = "44px" if task == "scale" else width
        button = widgets.Button(description=text, tooltip=tip)
        button.layout = widgets.Layout(width=width, height="40px", margin="4px")

        def pressed(_: widgets.Button) -> None:
            if task and self._clock() - self._shown < TOO_FAST_S:
                return
            try:
                said = action()
                self._refresh(said if isinstance(said, str) else "")
            except AestheticError as error:
                self.status.value = _status(str(error))

        button.on_click(pressed)
        return button

    def _take_back(self) -> str:
        taken = self.session.undo()
        return "Taken back." if taken else "There is nothing to take back in this sitting."

    def _welcome(self) -> str:
        problems = self.session.problems
        told = f"Going on with the {self.session.answered} answers that are there. "
        said = told if self.session.answered else ""
        if problems:
            said += (
                f"{len(problems)} rows of the file are no votes and stay as they are: {problems[0]}"
            )
        return said

    def _refresh(self, said: str = "") -> None:
        """Bring what is shown into line with the session."""
        session, question = self.session, self.session.current
        for button in (*self.answers, self.stop):
            button.disabled = question is None
        self.undo.disabled = session.stopped
        self.question.value = "" if question is None else f"<b>{html.escape(session.question)}</b>"
        self.pictures.value = "" if question is None else self._row(question.items)
        ending = "Thank you. " if question is None else ""
        told = f"{session.answered} of {session.questions} answers, stored in {session.path}."
        self.status.value = _status(" ".join(filter(None, (said, ending + told))))
        self._shown = self._clock()

    def _row(self, items: tuple[str, ...]) -> str:
        """The pictures side by side, as HTML that carries them along."""
        sides = ("left", "right") if len(items) == 2 else ("",)
        style = "display:flex; flex-wrap:wrap; justify-content:center; gap:16px; background:white; padding:8px"
        pictures = (self._picture(item, side) for item, side in zip(items, sides, strict=True))
        return f'<div style="{style}">{"".join(pictures)}</div>'

    def _picture(self, item: str, side: str) -> str:
        alt = html.escape(f"{side} picture: {item.replace('_', ' ')}".strip(), quote=True)
        if item not in self._sources:
            data = base64.b64encode(png_bytes(self._images[item])).decode("ascii")
            self._sources[item] = f"data:image/png;base64,{data}"
        height = min(SHOWN_HEIGHT, ENLARGED * self._images[item].shape[-2])
        style = f"height:{height}px; max-width:46%; object-fit:contain"
        return f'<img src="{self._sources[item]}" alt="{alt}" style="{style}">'


def png_bytes(image: Tensor, long_side: int = LONG_SIDE) -> bytes:
    """A picture, uint8 [3, H, W] or float in [0, 1], as a PNG file of at most this long side."""
    if image.ndim != 3 or image.shape[0] != 3:
        raise ValueError(f"a picture is [3, H, W]; got {tuple(image.shape)}")
    if image.is_floating_point():
        image = (image.clamp(0, 1) * 255).round().to(torch.uint8)
    picture = Image.fromarray(image.permute(1, 2, 0).cpu().numpy())
    picture.thumbnail((long_side, long_side))  # never enlarges
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()


def _status(text: str) -> str:
    """Marked as a status, for screen readers."""
    return f'<div role="status" aria-live="polite">{html.escape(text)}</div>'
