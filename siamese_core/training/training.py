"""Training: Algorithm 1 of 001_f88acf4202fc317d.txt, each distinct clip of a batch encoded once.

Every step draws from a generator seeded by the recipe's seed and the step's number, so that a
resumed training goes on exactly as the one that was stopped, but for the order of sums on a GPU.
"""

import json
import math
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from siamese_core.callbacks import OnEvent, ShouldStop, ignore, never
from siamese_core.card import Card, read_card
from siamese_core.checkpoint import build, load_checkpoint, save_checkpoint
from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.corpus import Corpus
from siamese_core.devices import autocast, forget_peak, peak_bytes, tensor_floats
from siamese_core.episodes import EpisodeSampler
from siamese_core.errors import Cancelled, CheckpointError, TrainingError, out_of_memory
from siamese_core.evaluation.embeddings import embed_corpus
from siamese_core.evaluation.evaluation import Evaluation, accuracy_of, evaluate, predict
from siamese_core.files import write_text
from siamese_core.recipes import Recipe
from siamese_core.siamese import SiameseNet
from siamese_core.training.averaging import average, copy_of
from siamese_core.training.batches import Batches
from siamese_core.training.closed_form import calibrate, whiten, whitens
from siamese_core.training.objectives import Objective, Targets, optimizer_of
from siamese_core.training.outcome import Outcome
from siamese_core.training.ranks import Ranks, joined
from siamese_core.training.resumption import resumption_of
from siamese_core.training.run import Run
from siamese_core.training.run_progress import RunProgress
from siamese_core.training.schedules import SCHEDULES
from siamese_core.training.training_clips import TrainingClips, read_clips
from siamese_core.training.training_plan import plan_training
from siamese_core.training.training_state import TrainingState, load_state, save_state

_READING = "while clips were read; end what else runs there, or take another device"


def train(
    recipe: Recipe,
    corpus: Corpus[LabelledFile],
    folder: Path,
    *,
    device: str = "auto",
    resume: bool = False,
    raised: Collection[str] = (),
    leave_out_damaged: bool = False,
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
    raised : collection of str
        What the recipe may ask more of than the run did (`run.EXTENDABLE`): its losses are then
        those of a run that was asked for so much from the first.
    leave_out_damaged : bool
        Whether a new training goes on without clips that cannot be read; one that is resumed goes
        on without those that it left out.
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
    held = partial(run.lock, partial(run.check, recipe, resume, raised))
    with joined(device) as ranks, held() if ranks.leads else nullcontext():
        on_event = RunProgress(run, on_event) if ranks.leads else ignore
        plan = plan_training(recipe, corpus)
        if ranks.device.type == "cuda":
            plan.clips.device = ranks.device  # computes their log-mels
        past = resumption_of(run) if resume else None
        if past is not None:
            if ranks.leads:
                past.check_recipe(run, recipe)
            if run.read_recipe() != recipe:
                past.check_patience(recipe)
            if ranks.device.type == "cpu" and (told := past.thread_notice(torch.get_num_threads())):
                on_event({"event": "notice", "sentence": told})
        with _memory_told(ranks, run, lambda: _READING):
            clips = read_clips(
                plan,
                recipe,
                past,
                on_event,
                should_stop,
                ranks=ranks,
                leave_out_damaged=leave_out_damaged,
                beside=run.log_mels,
            )
            forget_peak(ranks.device)
            trainer = _Trainer(recipe, clips, run, ranks, on_event, should_stop)
        with _memory_told(ranks, run, lambda: trainer.hunger):
            trainer.begin(resume)
            return trainer.run_all()


@contextmanager
def _memory_told(ranks: Ranks, run: Run, hunger: Callable[[], str]) -> Iterator[None]:
    """Say at what the memory ran out, and what takes less."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error):
            raise
        raise TrainingError(f"{ranks.device} ran out of memory {hunger()}. {_kept(run)}") from error


def _kept(run: Run) -> str:
    """Say what there is after all, where a training breaks off."""
    best = run.best
    return f"The best checkpoint is {best}." if best.exists() else "There is no checkpoint yet."


class _BatchLoss(nn.Module):
    """From maps to the loss of a batch; each rank encodes its part, and measures the whole."""

    def __init__(self, net: SiameseNet, objective: Objective, ranks: Ranks, precision: str) -> None:
        super().__init__()
        self.net, self.objective, self.ranks = net, objective, ranks
        self.precision = precision

    def forward(self, maps: Tensor, targets: Targets) -> tuple[Tensor, Tensor]:
        """Return loss and accuracy of maps (n_clips, rows, columns)."""
        with autocast(maps.device, self.precision):
            own = self.net.embed(maps[self.ranks.part(len(maps))])
        embeddings = self.ranks.gather(own.float(), len(maps))
        measured: tuple[Tensor, Tensor] = self.objective(self.net, embeddings, targets)
        return measured


class _Trainer:
    """One training under way."""

    def __init__(
        self,
        recipe: Recipe,
        clips: TrainingClips,
        run: Run,
        ranks: Ranks,
        on_event: OnEvent,
        should_stop: ShouldStop,
    ) -> None:
        self.recipe, self.run, self.ranks, self.device = recipe, run, ranks, ranks.device
        self.on_event, self.should_stop = on_event, should_stop
        self.heard, plan = clips, clips.plan
        self.split, self.validation, self.test = plan.split, plan.validation, plan.test
        self.clips = plan.clips
        self.batches = Batches(self.clips, plan.pairs, recipe.seed, ranks.device)
        torch.manual_seed(recipe.seed)
        self.net = build(recipe).to(self.device)
        classes = int(self.clips.classes.max()) + 1
        self.objective = Objective(recipe, classes, recipe.encoder.learned)
        self.objective.to(self.device)
        self.optimizer = optimizer_of([self.net, self.objective], recipe)
        # What is fitted in closed form, by validation's classes too, never enters what is stepped.
        apart = recipe.averaging > 0 or whitens(self.net)
        self.averaged = copy_of(self.net) if apart else self.net
        nets = {"stepped": self.net} | ({"averaged": self.averaged} if apart else {})
        self.nets = nn.ModuleDict(nets)
        self.state = TrainingState()

    def run_all(self) -> Outcome:
        """Step, validate and keep the best until steps or patience are used up."""
        self._announce()
        if self.state.step == 0:
            rng = np.random.default_rng(self.recipe.seed)
            some = rng.choice(len(self.clips.labels), min(256, len(self.clips.labels)), False)
            self.net.levels.learn(self.clips.batch(some, rng, self.device))
            average(self.averaged, self.net, 0.0, 1)  # levels, too
        loss = _BatchLoss(self.net, self.objective, self.ranks, self.recipe.precision)
        self.batch_loss = self.ranks.share(loss)
        with self.batches:
            while not (ended := self.state.ended(self.recipe)):
                if self.state.awaits_validation(self.recipe):
                    self._validate()
                else:
                    with tensor_floats(self.device, self.recipe.precision):
                        self._step()
                self._stop_if_asked()
        return self._finish(ended)

    def _stop_if_asked(self) -> None:
        """Save before a validation, which may take long, and before a stop."""
        if self.state.ended(self.recipe):
            return
        (stops,) = self.ranks.agree([self.should_stop()])
        if stops or self.state.awaits_validation(self.recipe):
            self._save()
        if stops:
            raise Cancelled("Training")

    def begin(self, resume: bool) -> None:
        """Write the recipe, or take up net, optimizer and state where the folder left them."""
        (goes_on,) = self.ranks.agree([resume and self.run.state.exists()])
        if goes_on:
            self.state = load_state(self.run.state, self.nets, self.objective, self.optimizer)
            (has_best,) = self.ranks.agree([self.run.best.exists()])
            if not has_best:
                self.state = self.state.without_best()
        if self.ranks.leads:
            if resume:  # where nothing was saved, all of it is told again
                self.run.rewind(self.state.step if goes_on else -1, self.state.validated)
            if not resume or self.run.read_recipe() != self.recipe:
                self.run.begin(self.recipe)
            if goes_on:
                self._restate()

    def _restate(self) -> None:
        """Write what is asked into checkpoints of a run that was asked less."""
        best, last = self.run.best, self.run.last
        with suppress(CheckpointError):  # a broken one is as it was
            if read_card(best).recipe != self.recipe:
                net, card = load_checkpoint(best)
                save_checkpoint(best, net, replace(card, recipe=self.recipe))
        with suppress(CheckpointError):
            if read_card(last).recipe != self.recipe:
                self._save()

    @property
    def hunger(self) -> str:
        """Say at what the memory ran out, and what takes less."""
        return f"at step {self.state.step + 1}; lower 'classes' or 'pos'"

    def _step(self) -> None:
        began = time.perf_counter()
        step = self.state.step + 1
        batch = self.batches.take(step)
        torch.manual_seed(batch.dropout + self.ranks.rank)
        placed, targets = batch.on(self.device)
        maps = self.clips.vary(placed, batch.variation)
        rate = self._set_rate(step)
        self.batch_loss.train()
        self.optimizer.zero_grad(set_to_none=True)
        loss, share = self.batch_loss(maps, targets)
        loss.backward()
        # read together: at each reading a GPU runs out of work
        measured = torch.stack([loss.detach(), share, self._gradient_norm()])
        value, accuracy, norm = measured.tolist()
        for what, number in (("loss", value), ("gradient", norm)):
            if not math.isfinite(number):
                raise self._diverged(f"The {what} became {number}", step)
        self.optimizer.step()
        if self.averaged is not self.net:
            average(self.averaged, self.net, self.recipe.averaging, step)
        self.state = replace(self.state, step=step)
        self._tell(
            event="step",
            step=step,
            loss=value,
            accuracy=accuracy,
            learning_rate=rate,
            clips_per_second=len(batch.placed) / (time.perf_counter() - began),
            memory=peak_bytes(self.device),
        )

    def _gradient_norm(self) -> Tensor:
        weights = (weight for group in self.optimizer.param_groups for weight in group["params"])
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        return nn.utils.get_total_norm(gradients)

    def _set_rate(self, step: int) -> float:
        rate = SCHEDULES[self.recipe.schedule](self.recipe, step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        return rate

    def _validate(self) -> None:
        """Let rank 0 validate; every rank then knows what came out."""
        if self.ranks.leads:
            self._measure()
        self.state = TrainingState.of(self.ranks.agree(self.state.numbers))

    def _measure(self) -> None:
        net = self.averaged.eval()
        if whitens(net):
            whiten(net, self.clips, np.random.default_rng([self.recipe.seed, self.state.step, 1]))
        episodes = self.heard.plan.validation_episodes(self.recipe)
        part, stop, seen = self.validation, self.should_stop, self.heard.measured.validated
        try:
            embeddings = embed_corpus(net, part, episodes, ignore, stop, seen)
            if whitens(net):
                calibrate(net, embeddings, episodes)
            predicted = predict(net, embeddings, episodes)
        except CheckpointError as error:  # this step's loss was still a number, not its weights
            what = "The embeddings are no numbers any more"
            raise self._diverged(what, self.state.step) from error
        accuracy = accuracy_of(episodes, predicted)
        self.state = self.state.after(accuracy.mean, self.recipe)
        if self.state.best_step == self.state.step:
            save_checkpoint(self.run.best, net, self._card())
        self._tell(
            event="validation",
            step=self.state.step,
            accuracy=asdict(accuracy),
            best=self.state.best,
            best_step=self.state.best_step,
        )
        self._save()

    def _diverged(self, what: str, step: int) -> TrainingError:
        return TrainingError(
            f"{what} at step {step}; lower the learning rate of {self.recipe.learning_rate:g}. "
            f"{_kept(self.run)}"
        )

    def _save(self) -> None:
        if not self.ranks.leads:
            return
        save_checkpoint(self.run.last, self.averaged, self._card())
        parts = (self.nets, self.objective, self.optimizer)
        save_state(self.run.state, *parts, self.state, self.heard.as_metadata())

    def _card(self) -> Card:
        scores = {"validation accuracy": self.state.best} if self.state.best_step else {}
        return Card(self.recipe, self.split.train, scores, self.state.step)

    def _announce(self) -> None:
        self._tell(
            event="started",
            step=self.state.step,
            steps=self.recipe.steps,
            device=str(self.device),
            threads=torch.get_num_threads(),
            parameters=sum(p.numel() for p in self.net.parameters()),
            **self.heard.as_dict(),
        )

    def _finish(self, ended: str) -> Outcome:
        (has_best,) = self.ranks.agree([self.run.best.exists()])
        if self.state.validated < self.state.step or not has_best:
            self._save()
            self._validate()
        if not self.ranks.leads:
            return Outcome(self.state.step, self.state.best_step, self.state.best, ended)
        tests = self.heard.plan.tests
        test = self._test(tests) if tests else None
        left_out = tuple(one.path for one in self.heard.left_out)
        reached = (self.state.step, self.state.best_step, self.state.best)
        outcome = Outcome(*reached, ended, test, left_out)
        write_text(self.run.report, json.dumps(outcome.as_dict(), indent=2) + "\n")
        self._tell(event="finished", **outcome.as_dict())
        return outcome

    def _test(self, tests: EpisodeSampler) -> Evaluation:
        """Evaluate the best checkpoint on the test classes (Algorithm 1, line 8)."""
        net, card = load_checkpoint(self.run.best, self.device)
        result = evaluate(
            net,
            self.test,
            ways=tests.ways,
            shots=tests.shots,
            runs=self.recipe.episodes,
            seed=self.recipe.seed,
            pictures=self.heard.measured.tested,
            on_event=self.on_event,
            should_stop=self.should_stop,
        )
        scores = {**card.scores, "test accuracy": result.accuracy.mean}
        save_checkpoint(self.run.best, net, replace(card, scores=scores))
        return result

    def _tell(self, **event: object) -> None:
        if not self.ranks.leads:
            return
        event["time"] = time.time()
        self.run.append(event)
        self.on_event(event)
