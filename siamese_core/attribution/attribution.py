"""Attribution: the signed map that a method returns, and the Subject that it is asked about."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from skimage.filters import gaussian
from torch import Tensor, nn

from siamese_core.attribution.methods import METHODS
from siamese_core.callbacks import OnEvent, ShouldStop, ignore, never, progress
from siamese_core.devices import batch_on, release
from siamese_core.errors import EarwitnessError, ParameterError, out_of_memory
from siamese_core.parameters import Parameters

_SILENCE_DB = -80.0
_BLUR = 0.1
"""Width of the blurred baseline's kernel, as a share of each side of the clip's map."""

_CPU = torch.device("cpu")


@dataclass(frozen=True, eq=False)
class Attribution:
    """What each cell of a log-mel does to the logit.

    Parameters
    ----------
    values : ndarray of float32, shape (n_mels, n_frames)
        Signed: positive raises the similarity.
    segments : ndarray of int, shape (n_mels, n_frames), optional
        Which segment, 0 to n - 1, each cell belongs to, where the method works on segments.
    residual : float, optional
        By how much a complete method misses its sum: sum of the values minus the change of the
        logit from the baseline to the clip.
    note : str, optional
        A sentence that the map needs beside it.
    """

    values: NDArray[np.float32]
    segments: NDArray[np.int64] | None = None
    residual: float | None = None
    note: str | None = None


@dataclass(frozen=True, eq=False)
class Subject:
    """What a method explains: why a score gives one log-mel its logit.

    Parameters
    ----------
    score : nn.Module
        Maps log-mels in dB, shape (batch, n_mels, n_frames), to logits (batch,); usually a
        `siamese.OneSidedScore`.
    log_mel : Tensor, shape (n_mels, n_frames)
        In dB, on the score's device.
    own : slice
        The frames of the clip itself, not of the zeros around it.
    seed : int
        For methods that draw.
    twin : Tensor, shape (n_mels, n_frames), optional
        Another clip, usually the pair's other one, for the baseline of that name.
    most : int, optional
        Maps scored at once, at most; what the device is taken to bear if None.
    """

    score: nn.Module
    log_mel: Tensor
    own: slice = field(default_factory=lambda: slice(None))
    seed: int = 0
    on_event: OnEvent = ignore
    should_stop: ShouldStop = never
    twin: Tensor | None = None
    most: int | None = None

    @cached_property
    def batch(self) -> int:
        """How many maps are scored at once; asked for once, for the memory in use changes."""
        bearable = batch_on(self.log_mel.device, self.log_mel.numel())
        return bearable if self.most is None else min(self.most, bearable)

    @property
    def decibels(self) -> float:
        """The range of the clip's levels, in dB."""
        own = self.log_mel[:, self.own]
        return float(own.max() - own.min())

    def baseline(self, name: str) -> Tensor:
        """Return the map, shape (n_mels, n_frames), that stands for absence.

        ``floor`` is the map's lowest level, ``silence`` -80 dB, ``mean`` each band's mean level
        over the clip's own frames, ``blurred`` those frames through a Gaussian a tenth of each side
        wide, ``twin`` another clip's frames in their place: what this clip has that it lacks.
        Around the clip's own frames all are the floor, so that nothing is added there.

        Raises
        ------
        ParameterError
            If the twin is asked for and there is none.
        """
        baseline = torch.full_like(self.log_mel, float(self.log_mel.min()))
        own = self.log_mel[:, self.own]
        if name == "silence":
            baseline[:, self.own] = _SILENCE_DB
        elif name == "mean":
            baseline[:, self.own] = own.mean(dim=1, keepdim=True)
        elif name == "blurred":
            baseline[:, self.own] = _blurred(own)
        elif name == "twin":
            if self.twin is None:
                raise ParameterError("The baseline 'twin' is another clip; there is none.")
            baseline[:, self.own] = self.twin[:, self.own]
        return baseline

    def progress(self, done: int, total: int) -> None:
        """Report progress; raises Cancelled if the person asked to stop."""
        progress(self.on_event, self.should_stop, "Explaining", min(done, total), total)

    def within(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cut maps (..., n_mels, n_frames) to the clip's own frames; zero elsewhere."""
        cut = np.zeros_like(values)
        cut[..., self.own] = values[..., self.own]
        return cut

    def partial(self, values: NDArray[np.float32], done: int, total: int) -> None:
        """Report a coarse map, which later ones refine: an event ``partial`` with ``values``."""
        shown = self.within(values)
        self.on_event({"event": "partial", "values": shown, "done": done, "total": total})

    @cached_property
    def own_logit(self) -> float:
        """The score of the clip's own map, asked for once."""
        return self.logit(self.log_mel)

    def logit(self, log_mel: Tensor) -> float:
        """Score one map."""
        with torch.inference_mode():
            return float(self.score(log_mel.unsqueeze(0)))

    def residual(self, values: Tensor, *baselines: Tensor) -> float:
        """Return what a map's sum misses of the logit's mean change from the baselines."""
        away = sum(self.logit(baseline) for baseline in baselines) / len(baselines)
        return float(values.double().sum()) - (self.own_logit - away)


class Watched(nn.Module):
    """The subject's score, reporting progress each time that a library calls it.

    Captum knows no callbacks; every call is a chance to report and to stop.

    Parameters
    ----------
    subject : Subject
    total : int
        Maps that will be scored in all.
    zero : Tensor, shape (n_mels, n_frames), optional
        What inputs are measured from: a level that is added to each.
    score : callable, optional
        The same score from one who knows more of the maps.
    """

    def __init__(
        self,
        subject: Subject,
        total: int,
        zero: Tensor | None = None,
        score: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        super().__init__()
        self.score, self._subject, self._zero = score or subject.score, subject, zero
        self._done, self._total = 0, total

    def forward(self, maps: Tensor) -> Tensor:
        """Score maps (batch, n_mels, n_frames): logits (batch,)."""
        self._subject.progress(self._done, self._total)
        self._done += len(maps)
        logits: Tensor = self.score(maps if self._zero is None else maps + self._zero)
        return logits


def _blurred(log_mel: Tensor) -> Tensor:
    widths = tuple(_BLUR * side for side in log_mel.shape)
    return torch.from_numpy(gaussian(log_mel.cpu().numpy(), widths, mode="nearest")).to(log_mel)


@contextmanager
def seeded(seed: int, device: torch.device = _CPU) -> Iterator[None]:
    """Seed the generators that libraries draw from, and put them back as they were.

    Those of the processor and, if it is another, of the device in use.
    """
    state = np.random.get_state()  # noqa: NPY002 - Captum draws from it
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.default_generator.manual_seed(seed)
        if device.type == "cuda":
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        elif device.type == "mps":
            torch.mps.manual_seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002
        try:
            yield
        finally:
            np.random.set_state(state)  # noqa: NPY002


def attribute_by(method: str, subject: Subject, parameters: Parameters) -> Attribution:
    """Ask a method about a subject, with half the batch whenever the memory does not suffice.

    Raises
    ------
    ParameterError
        If the method does not suit the subject's score.
    EarwitnessError
        If the memory does not suffice for a single map, or what the method returns is no map.
    Cancelled
        If the subject's ``should_stop`` says so.
    """
    function = METHODS[method].function
    while True:
        batch = subject.batch  # asked for now: in a full memory it would be one
        try:
            return _checked(method, function(subject, parameters), subject)
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            if batch == 1:
                rows, columns = subject.log_mel.shape
                raise EarwitnessError(
                    f"The memory of {subject.log_mel.device} does not suffice to explain one map "
                    f"of {rows} x {columns} by '{method}'; take another method or device."
                ) from error
        gc.collect()  # after the handler, whose traceback holds the failed batch
        release()
        subject = replace(subject, most=batch // 2)


def _checked(method: str, found: object, subject: Subject) -> Attribution:
    """Refuse what a registered method returns, where it is no map of the subject."""
    shape = tuple(subject.log_mel.shape)
    if not isinstance(found, Attribution):
        given = f"an object of the type {type(found).__name__}"
    elif (values := np.asarray(found.values)).shape != shape:
        given = f"values of shape {values.shape}"
    elif not np.isfinite(values).all():
        given = "values that are not finite"
    else:
        return replace(found, values=values.astype(np.float32, copy=False))
    raise EarwitnessError(
        f"Method '{method}' returned {given}; it must return an Attribution whose values are "
        f"numbers of shape {shape}."
    )
