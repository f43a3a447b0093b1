"""RenderedSounds: what is heard of an explanation, rendered anew with each mask."""

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.background import Job
from app.explaining.rendering import OTHERS, QUICK, SLOW, SOUNDS, region_begin, render
from app.session.session import Session
from siamese_core.audio import Clip
from siamese_core.mask.mask import Mask
from siamese_core.sonification.modes import AT_MODEL_RATE, RenderParameters

if TYPE_CHECKING:
    from siamese_core.explanation import Explanation


class RenderedSounds(QObject):
    """The sounds that there are, by name; those of an older mask stay until the new ones come."""

    changed = Signal()
    """Some sounds came, or will not come, or all of them went."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.now: dict[str, Clip] = {}
        self.parameters = AT_MODEL_RATE
        self.other = ""
        """Which of `rendering.OTHERS` is wanted too, if any."""
        self._explanation: Explanation | None = None
        self._mask: Mask | None = None
        self._made_from: dict[str, tuple[Mask | None, RenderParameters]] = {}
        self._region_begin = 0.0
        self._rendering: dict[str, Job[dict[str, Clip]]] = {}

    def begin(self, sounds: dict[str, Clip]) -> None:
        """Have these sounds alone, of no mask."""
        self.stop()
        self._explanation = self._mask = None
        self._made_from.clear()
        self.now = sounds
        self.changed.emit()

    def render(self, explanation: "Explanation | None", mask: Mask | None) -> None:
        """Render the sounds that swap at once, then the slower one."""
        self.stop()
        self._explanation, self._mask = explanation, mask
        self._render_each([QUICK, *([(self.other,)] if self.other else []), SLOW])

    def stop(self) -> None:
        """Render no further: another mask is on its way."""
        for job in self._rendering.values():
            job.cancel()
        self._rendering = {}

    def want(self, name: str) -> None:
        """Have a sound rendered, unless there is one of this mask.

        One of `rendering.OTHERS` is rendered with each new mask too, until another name is wanted.
        """
        self.other = name if name in OTHERS else ""
        wanting, coming = self.is_outdated(name), self._rendering.get(name)
        if name in SOUNDS | OTHERS and wanting and (coming is None or coming.cancelled):
            self._render_each([(name,)])

    def set_parameters(self, parameters: RenderParameters) -> None:
        """Render the sounds in another way."""
        self.parameters = parameters
        self.render(self._explanation, self._mask)

    def is_outdated(self, name: str) -> bool:
        """Whether a sound is not there, or is of an earlier mask."""
        return name not in self.now or self._made_from.get(name, self._wanted) != self._wanted

    def second_in_clip(self, name: str, seconds: float, offset: float) -> float | None:
        """Return which second of the clip is heard ``seconds`` into a sound; None in a pause.

        ``offset`` is where the sounds begin in their clip.
        """
        sound, original = self.now.get(name), self.now.get("original")
        if sound is None or original is None:
            return None
        if name == "region":
            return offset + self.region_begin(offset) + seconds
        again = sound.seconds - original.seconds
        if name != "contrast-in-turn" or seconds < original.seconds:
            return offset + seconds
        return offset + seconds - again if seconds >= again else None

    def region_begin(self, offset: float) -> float:
        """Return how far into the original the sound of the region begins, in seconds.

        ``offset`` is where the sounds begin in their clip.
        """
        return max(self._region_begin - offset, 0.0)

    @property
    def _wanted(self) -> tuple[Mask | None, RenderParameters]:
        """What a sound must be made from to be the one on screen."""
        return self._mask, self.parameters

    def _render_each(self, groups: list[tuple[str, ...]]) -> None:
        explanation, mask, parameters = self._explanation, self._mask, self.parameters
        if explanation is None or mask is None:
            return
        for names in groups:
            job = self._session.background.run(
                partial(render, names, explanation, mask, parameters),
                on_done=partial(self._take, mask, parameters),
                on_error=partial(self._fail, names),
                on_cancelled=self._give_up,
            )
            self._rendering |= dict.fromkeys(names, job)

    def _fail(self, names: tuple[str, ...], error: Exception) -> None:
        self._end(names)
        self._session.tell("mask", error)

    def _give_up(self) -> None:
        """Note what was cancelled and not asked for again since: it is rendered once wanted."""
        if cancelled := [name for name, job in self._rendering.items() if job.cancelled]:
            self._end(cancelled)
            self.changed.emit()

    def _end(self, names: Iterable[str]) -> None:
        for name in names:
            self._rendering.pop(name, None)

    def _take(self, mask: Mask, parameters: RenderParameters, sounds: dict[str, Clip]) -> None:
        self._end(sounds)
        self.now = {**self.now, **sounds}
        if "region" in sounds:
            self._region_begin = region_begin(mask)
        made_from = (mask, parameters)
        self._made_from |= {name: made_from for name in sounds if name != "original"}
        self.changed.emit()
