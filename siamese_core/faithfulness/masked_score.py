"""MaskedScore: what a network says of a pair with a mask alone kept, and with it removed."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from siamese_core.attribution.attribution import Subject
from siamese_core.callbacks import ShouldStop, never, stop_if_asked
from siamese_core.errors import ParameterError
from siamese_core.explanation import Explanation, one_sided_score
from siamese_core.faithfulness.metrics import Floats
from siamese_core.mask.mask import Mask
from siamese_core.scoring import sigmoid
from siamese_core.siamese import SiameseNet


@dataclass(frozen=True)
class MaskedScore:
    """Three answers of a network.

    Parameters
    ----------
    whole, kept, removed : float
        To the whole clip, to what the mask keeps of it and to what it leaves: the similarity in
        [0, 1], or the difference of two logits where the map explains a contrast.
    """

    whole: float
    kept: float
    removed: float


def score_masked(
    net: SiameseNet, explanation: Explanation, mask: Mask, should_stop: ShouldStop = never
) -> MaskedScore:
    """Ask for a pair's score with a mask of its explained log-mel kept, and removed.

    The score is the one that the map explains (`explanation.one_sided_score`); what becomes of the
    log-mel is told at `kept_parts`. Nothing is sonified: it is not the exported sound that is
    heard.

    Parameters
    ----------
    net : SiameseNet
        That the explanation is of.
    explanation : Explanation
    mask : Mask
        On the explained clip's window.

    Raises
    ------
    ParameterError
        If the mask was made for other log-mels.
    Cancelled
        If ``should_stop`` says so.
    """
    explained = explanation.explained_map
    if mask.mel != explained.mel:
        raise ParameterError("The mask was made for another model's log-mels; make it with this.")
    stop_if_asked(should_stop, "Measuring")
    score = one_sided_score(net, explained, explanation.other_map, explanation.rival_map)
    log_mel = torch.from_numpy(explained.db).to(net.device)
    subject = Subject(score, log_mel, explained.own_frames)
    kept = mask.values.astype(np.float64)
    with torch.inference_mode():
        logits = score(kept_parts(subject, np.stack([kept, 1 - kept]))).cpu().double()
    if explanation.contrast is not None:
        return MaskedScore(explanation.contrast, *logits.tolist())
    return MaskedScore(explanation.similarity, *map(sigmoid, logits.tolist()))


def kept_parts(subject: Subject, gains: Floats) -> Tensor:
    """Return the clip's log-mel with only a part of it kept, once for each map of gains.

    A cell with gain g keeps g of its height in dB above the clip's floor. Frames outside the
    clip's own stay as they are.

    Parameters
    ----------
    subject : Subject
    gains : ndarray, shape (n, n_mels, n_frames)
        In [0, 1], for instance a mask's values.

    Returns
    -------
    Tensor, shape (n, n_mels, n_frames)
        In dB, on the subject's device.
    """
    whole, floor = subject.log_mel, subject.baseline("floor")
    within = np.zeros(whole.shape[1], bool)
    within[subject.own] = True
    kept = torch.from_numpy(np.where(within, gains, 1).astype(np.float32)).to(whole.device)
    return floor + kept * (whole - floor)
