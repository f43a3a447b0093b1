"""The states that the Evaluate page can be in, one after the other."""

from collections.abc import Iterator

from app.main_window import MainWindow
from app.session.corpora import BUNDLED
from siamese_core.demo import bundled_model
from siamese_core.evaluation.evaluation_parameters import EvaluationParameters
from tests.app.window_states import State, settle, wait

_ASKED = {"ways": 4, "runs": 30, "sweep": True, "retrieval": True, "pairs": 400}


def evaluate_states(window: MainWindow) -> Iterator[State]:
    """Lead the page from nothing to each of its figures."""
    window.session.corpora.open(BUNDLED)
    window.pages.setCurrentWidget(window.evaluate)
    settle(window)
    page, evaluations = window.evaluate.page, window.evaluations
    yield "11-evaluate", window
    page.form.form.set_model(EvaluationParameters, EvaluationParameters.parse({"ways": 12}))
    page.form.button.click()
    wait(lambda: not evaluations.measuring)
    yield "11-evaluate-impossible", window
    page.form.form.set_model(EvaluationParameters, EvaluationParameters.parse(_ASKED))
    page.form.rival.choose(bundled_model("environment"))
    page.form.button.click()
    wait(lambda: page.form.bar.value() > 0 or not evaluations.measuring)
    yield "11-evaluate-running", window
    wait(lambda: not evaluations.measuring)
    settle(window)
    results = page.results
    results.confusion.matrix.setCurrentIndex(results.confusion.matrix.model().index(0, 0))
    results.outcomes.matrix.setCurrentIndex(results.outcomes.matrix.model().index(1, 0))
    for place in range(results.tabs.count()):
        results.tabs.setCurrentIndex(place)
        settle(window)
        yield f"11-evaluate-{results.tabs.tabText(place).lower().replace(' ', '-')}", window
