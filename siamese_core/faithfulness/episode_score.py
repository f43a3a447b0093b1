"""EpisodeScore: what a line-up predicts, as a function of one of its log-mels."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from siamese_core.attribution.attribution import Subject
from siamese_core.callbacks import ShouldStop, never, stop_if_asked
from siamese_core.explanation import Side, one_sided_score
from siamese_core.faithfulness.masked_score import kept_parts
from siamese_core.faithfulness.metrics import Floats
from siamese_core.logmel import LogMel
from siamese_core.scoring import embed_maps
from siamese_core.siamese import SiameseNet


class EpisodeScore(nn.Module):
    """The class logits of an episode as a function of one clip's log-mel.

    The other clips are embedded once. A class's logit is the mean of its shots'.

    Parameters
    ----------
    net : SiameseNet
    query : LogMel
    support : sequence of LogMel
    labels : sequence of str
        The class of each support clip.
    place : int
        The support clip of the explained pair; its class is the predicted one.
    side : {"support", "query"}
        The clip of the pair that may change.
    """

    logits: Tensor
    support: Tensor
    members: Tensor

    def __init__(
        self,
        net: SiameseNet,
        query: LogMel,
        support: Sequence[LogMel],
        labels: Sequence[str],
        place: int,
        side: Side = "support",
    ) -> None:
        super().__init__()
        self.side, self.place = side, place
        self.classes = tuple(dict.fromkeys(labels))
        self.own = self.classes.index(labels[place])
        pair = (support[place], query) if side == "support" else (query, support[place])
        self.log_mel, self.twin = pair
        self.net, self.pair = net, one_sided_score(net, *pair)
        embeddings = embed_maps(net, [query.db, *(one.db for one in support)])
        query_embedding, support_embeddings = embeddings[:1], embeddings[1:]
        with torch.inference_mode():
            logits = net.compare(query_embedding.expand_as(support_embeddings), support_embeddings)
        members = torch.tensor([[label == one for one in self.classes] for label in labels])
        self.register_buffer("support", support_embeddings)
        self.register_buffer("logits", logits)
        self.register_buffer("members", (members / members.sum(dim=0)).to(logits))

    def forward(self, maps: Tensor) -> Tensor:
        """Score log-mels of the one clip (batch, n_mels, n_frames): class logits (batch, C)."""
        if self.side == "support":
            logits = self.logits.expand(len(maps), -1).clone()
            logits[:, self.place] = self.pair(maps)
        else:
            query = self.pair.embed(maps).repeat_interleave(len(self.support), dim=0)
            support = self.support.repeat(len(maps), 1)
            logits = self.net.compare(query, support).view(len(maps), -1)
        return logits @ self.members

    def subject(
        self,
        seed: int = 0,
        should_stop: ShouldStop = never,
        given: LogMel | None = None,
        against: LogMel | None = None,
    ) -> Subject:
        """Return the pair's one-sided score and the clip that it is asked about.

        Another clip can be ``given`` to be the baseline ``twin``. With ``against`` the score is
        the contrast with that clip (`explanation.one_sided_score`).
        """
        score = self.pair
        if against is not None:
            score = one_sided_score(self.net, self.log_mel, self.twin, against)
        maps = self.log_mel, self.twin if given is None else given
        log_mel, twin = (torch.from_numpy(one.db).to(self.net.device) for one in maps)
        own = self.log_mel.own_frames
        return Subject(score, log_mel, own, seed, should_stop=should_stop, twin=twin)

    def class_logits(self, gains: Floats, should_stop: ShouldStop = never) -> Floats:
        """Return the class logits when only a part of the clip is kept.

        What a gain keeps is told at `masked_score.kept_parts`.

        Parameters
        ----------
        gains : ndarray, shape (n, n_mels, n_frames)
            In [0, 1], for instance a mask's values.

        Returns
        -------
        ndarray, shape (n, n_classes)

        Raises
        ------
        Cancelled
            If ``should_stop`` says so.
        """
        subject = self.subject(should_stop=should_stop)
        logits: list[Tensor] = []
        with torch.inference_mode():
            for first in range(0, len(gains), subject.batch):
                stop_if_asked(should_stop, "Measuring")
                kept = kept_parts(subject, gains[first : first + subject.batch])
                logits.append(self(kept).cpu().double())
            found: Floats = torch.cat(logits).numpy()
        return found

    def probabilities(self, gains: Floats, should_stop: ShouldStop = never) -> Floats:
        """Return the softmax over the `class_logits`, of the same shape."""
        logits = torch.from_numpy(self.class_logits(gains, should_stop))
        shares: Floats = logits.softmax(dim=1).numpy()
        return shares
