"""Training: Algorithm 1 of 001_f88acf4202fc317d.txt, each distinct clip of a batch encoded once.

Every step draws from a generator seeded by the recipe's seed and the step's number, so that a
resumed training goes on exactly as the one that was stopped.
"""

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from siamese_core.callbacks import OnEvent, ShouldStop, ignore, never
from siamese_core.checkpoint import Card, build, load_checkpoint, save_checkpoint
from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.corpus import Corpus, Split
from siamese_core.devices import resolve_device
from siamese_core.episodes import EpisodeSampler, PairBatch, PairSampler
from siamese_core.errors import Cancelled, TrainingError
from siamese_core.evaluation import Evaluation, Interval, embed_corpus, evaluate, predict
from siamese_core.files import write_text
from siamese_core.objectives import Objective
from siamese_core.recipes import Recipe
from siamese_core.run import Run
from siamese_core.training_set import training_set
from siamese_core.training_state import TrainingState, load_state, save_state


@dataclass(frozen=True)
class Outcome:
    """How a training ended.

    Parameters
    ----------
    step : int
        Steps done.
    best_step : int
        Step of the best validation.
    validation : float
        Its accuracy.
    ended : str
        Why: "steps" (all done) or "patience" (no gain for that many validations).
    test : Evaluation, optional
        Of the best checkpoint on the test classes, where the recipe holds some out.
    """

    step: int
    best_step: int
    validation: float
    ended: str
    test: Evaluation | None = None

    def as_dict(self) -> dict[str, object]:
        """Return plain values, as report.json holds them."""
        plain = {n: getattr(self, n) for n in ("step", "best_step", "validation", "ended")}
        return {**plain, "test": None if self.test is None else self.test.as_dict()}


def train(
    recipe: Recipe,
    corpus: Corpus[LabelledFile],
    folder: Path,
    *,
    device: str = "auto",
    resume: bool = False,
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
) -> Outcome:
    """Train a Siamese network; the folder then holds its best and last checkpoint.

    Parameters
    ----------
    recipe : Recipe
    corpus : Corpus
        Split by the recipe: validation and test classes are never heard in training.
    folder : Path
        The Run; new, or that of the training to resume.
    device : str
        auto, cpu, cuda:N or mps.
    resume : bool
        Go on from the folder's last state.
    on_event : callable
        Receives what events.jsonl receives: ``started``, ``step``, ``validation``, ``finished``.
    should_stop : callable

    Raises
    ------
    EarwitnessError
        If corpus, recipe, device or folder do not allow the training, the loss is no number, or
        the device runs out of memory. The best checkpoint so far stays intact.
    Cancelled
        If ``should_stop`` says so; the training can be resumed.
    """
    run = Run(Path(folder))
    with run.lock():
        trainer = _Trainer(recipe, corpus, run, resolve_device(device), on_event, should_stop)
        run.begin(recipe, resume)
        try:
            trainer.read()
            if resume:
                trainer.resume()
            return trainer.run_all()
        except torch.OutOfMemoryError as error:
            raise TrainingError(
                f"The device ran out of memory at step {trainer.state.step}; lower 'classes' or "
                f"'pos'. The best checkpoint is {run.best}."
            ) from error


class _Trainer:
    """One training under way."""

    def __init__(
        self,
        recipe: Recipe,
        corpus: Corpus[LabelledFile],
        run: Run,
        device: torch.device,
        on_event: OnEvent,
        should_stop: ShouldStop,
    ) -> None:
        self.recipe, self.run, self.device = recipe, run, device
        self.on_event, self.should_stop = on_event, should_stop
        corpus = corpus.by_alphabet() if recipe.labels == "alphabet" else corpus
        self.split = split_as(recipe, corpus)
        self.validation = corpus.select(self.split.validation)
        self.test = corpus.select(self.split.test)
        self.episodes = self._sampler(self.validation, recipe.ways)
        if self.split.test:  # an impossible test is refused now, not after hours
            self._sampler(self.test, len(self.split.test))
        training = corpus.select(self.split.train).apart_from(self.validation).apart_from(self.test)
        self.clips = training_set(training, recipe)
        self.pairs = PairSampler(
            self.clips.labels, recipe.pos, recipe.negatives, self.clips.sources, recipe.classes
        )
        torch.manual_seed(recipe.seed)
        self.net = build(recipe).to(device)
        self.objective = Objective(recipe, int(self.clips.classes.max()) + 1, self.net.width)
        self.objective.to(device)
        self.optimizer = torch.optim.Adam(
            [*self.net.parameters(), *self.objective.parameters()],
            lr=recipe.learning_rate,
            weight_decay=recipe.weight_decay,
        )
        self.state = TrainingState()

    def run_all(self) -> Outcome:
        """Step, validate and keep the best until steps or patience are used up."""
        self._announce()
        if self.state.step == 0:
            rng = np.random.default_rng(self.recipe.seed)
            some = rng.choice(len(self.clips.labels), min(256, len(self.clips.labels)), False)
            self.net.levels.learn(self.clips.batch(some, rng, self.device))
        ended = self.state.ended(self.recipe)
        while not ended:
            self._step()
            if self.state.step % self.recipe.evaluate_every == 0:
                self._save()  # a stop during the validation resumes from here
                self._validate()
            ended = self.state.ended(self.recipe)
            if not ended and self.should_stop():
                self._save()
                raise Cancelled("Training")
        return self._finish(ended)

    def _sampler(self, corpus: Corpus[LabelledFile], ways: int) -> EpisodeSampler:
        return EpisodeSampler(corpus.labels, ways, self.recipe.shots, corpus.sources)

    def read(self) -> None:
        """Read the training clips."""
        self.clips.read(self.on_event, self.should_stop)

    def resume(self) -> None:
        """Take up net, optimizer and state where the folder left them, or begin anew."""
        if self.run.state.exists():
            self.state = load_state(self.run.state, self.net, self.objective, self.optimizer)
        self.run.rewind(self.state.step)

    def _step(self) -> None:
        began = time.perf_counter()
        step = self.state.step + 1
        rng = np.random.default_rng([self.recipe.seed, step])
        torch.manual_seed(int(rng.integers(2**62)))
        batch = self.pairs.sample(rng)
        maps = self.clips.batch(batch.clips, rng, self.device)
        rate = self._set_rate(step)
        self.net.train()
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cuda", torch.bfloat16, enabled=self.device.type == "cuda"):
            embeddings = self.net.embed(maps)
        loss, accuracy = self.objective(self.net, embeddings.float(), self._targets(batch))
        if not math.isfinite(value := loss.item()):
            raise TrainingError(
                f"The loss became {value} at step {step}; lower the learning rate of "
                f"{self.recipe.learning_rate:g}. The best checkpoint is {self.run.best}."
            )
        loss.backward()
        self.optimizer.step()
        self.state = replace(self.state, step=step)
        self._tell(
            event="step",
            step=step,
            loss=value,
            accuracy=accuracy,
            learning_rate=rate,
            clips_per_second=len(batch.clips) / (time.perf_counter() - began),
        )

    def _targets(self, batch: PairBatch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        classes = torch.from_numpy(self.clips.classes[batch.clips])
        arrays = (torch.from_numpy(a) for a in (batch.left, batch.right, batch.target))
        left, right, target = (a.to(self.device) for a in arrays)
        return classes.to(self.device), left, right, target

    def _set_rate(self, step: int) -> float:
        rate = SCHEDULES[self.recipe.schedule](self.recipe, step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        return rate

    def _validate(self) -> None:
        self.net.eval()
        rng = np.random.default_rng(self.recipe.seed)
        episodes = [self.episodes.sample(rng) for _ in range(self.recipe.episodes)]
        embeddings = embed_corpus(self.net, self.validation, episodes, ignore, self.should_stop)
        predicted = predict(self.net, embeddings, episodes)
        hits = sum(guess == e.truth for guess, e in zip(predicted, episodes, strict=True))
        accuracy = Interval.of(hits, len(episodes))
        self.state = self.state.after(accuracy.mean)
        if self.state.best_step == self.state.step:
            save_checkpoint(self.run.best, self.net, self._card())
        self._tell(
            event="validation",
            step=self.state.step,
            accuracy=asdict(accuracy),
            best=self.state.best,
            best_step=self.state.best_step,
        )
        self._save()

    def _save(self) -> None:
        save_checkpoint(self.run.last, self.net, self._card())
        save_state(self.run.state, self.net, self.objective, self.optimizer, self.state)

    def _card(self) -> Card:
        scores = {"validation accuracy": self.state.best} if self.state.best_step else {}
        return Card(self.recipe, self.split.train, scores, self.state.step)

    def _announce(self) -> None:
        self._tell(
            event="started",
            step=self.state.step,
            steps=self.recipe.steps,
            device=str(self.device),
            parameters=sum(p.numel() for p in self.net.parameters()),
            clips=len(self.clips.labels),
            split=asdict(self.split),
        )

    def _finish(self, ended: str) -> Outcome:
        if self.state.step % self.recipe.evaluate_every or not self.run.best.exists():
            self._validate()
        test = self._test() if self.split.test else None
        outcome = Outcome(self.state.step, self.state.best_step, self.state.best, ended, test)
        write_text(self.run.report, json.dumps(outcome.as_dict(), indent=2) + "\n")
        self._tell(event="finished", **outcome.as_dict())
        return outcome

    def _test(self) -> Evaluation:
        """Evaluate the best checkpoint on the test classes (Algorithm 1, line 8)."""
        net, card = load_checkpoint(self.run.best, self.device)
        result = evaluate(
            net,
            self.test,
            ways=min(self.recipe.ways, len(self.split.test)),
            shots=self.recipe.shots,
            runs=self.recipe.episodes,
            seed=self.recipe.seed,
            on_event=self.on_event,
            should_stop=self.should_stop,
        )
        scores = {**card.scores, "test accuracy": result.accuracy.mean}
        save_checkpoint(self.run.best, net, replace(card, scores=scores))
        return result

    def _tell(self, **event: object) -> None:
        event["time"] = time.time()
        self.run.append(event)
        self.on_event(event)


def split_as(recipe: Recipe, corpus: Corpus[LabelledFile]) -> Split:
    """Split a corpus as a recipe says; validation classes come from what the corpus trains on.

    Raises
    ------
    CorpusError
        If the corpus has too few classes, or not those that the recipe names.
    """
    official = corpus.official
    if official is None or not recipe.official:
        return corpus.split(recipe.validation, recipe.test, recipe.seed)
    inner = corpus.select(official.train).split(recipe.validation, 0, recipe.seed)
    return Split(inner.train, inner.validation, ())


def _one_cycle(recipe: Recipe, step: int) -> float:
    """Warm up over a tenth of the steps, then fall along a cosine (Smith and Topin 2019)."""
    warm = max(1, recipe.steps // 10)
    if step <= warm:
        return recipe.learning_rate * step / warm
    share = (step - warm) / max(1, recipe.steps - warm)
    return recipe.learning_rate * max(0.01, 0.5 * (1 + math.cos(math.pi * share)))


SCHEDULES: dict[str, Callable[[Recipe, int], float]] = {
    "fixed": lambda recipe, _step: recipe.learning_rate,
    "exponential": lambda recipe, step: (
        recipe.learning_rate * recipe.decay ** ((step - 1) / recipe.decay_every)
    ),
    "step": lambda recipe, step: (
        recipe.learning_rate * recipe.decay ** ((step - 1) // recipe.decay_every)
    ),
    "one-cycle": _one_cycle,
}
