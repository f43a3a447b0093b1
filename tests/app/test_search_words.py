"""What is typed to search for: words in any order, whatever their case and accents."""

import pytest
from pytestqt.qtbot import QtBot

from app.library.search_words import SearchWords
from app.pages.evaluate.class_picker import ClassPicker


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("emile", "Émile"),
        ("ÉMILE", "E\u0301mile"),
        ("strasse", "Straße"),
        ("istanbul", "İstanbul"),
        ("صوت", "صَوْت-1"),
        ("fi", "ﬁle"),
        ("lines two", "two\nlines"),
        ("e\u0301", "café"),
        ("caf", "caf\udce9"),
    ],
)
def test_neither_case_nor_accents_nor_the_order_count(typed: str, name: str) -> None:
    assert not SearchWords.of(typed).missing_in(name).words
    assert list(SearchWords.of(typed).found_in(["up", name, "down"])) == [1]


def test_words_that_a_name_lacks_are_left_for_others() -> None:
    left = SearchWords.of("Dog 3- barks").missing_in("dogs that bark")
    assert left == SearchWords(("3-", "barks"))
    assert list(SearchWords.of("").found_in(["a", "b"])) == [0, 1]


def test_classes_to_measure_are_found_by_the_same_words(qtbot: QtBot) -> None:
    picker = ClassPicker()
    qtbot.addWidget(picker)
    picker.kind.setCurrentIndex(3)
    picker.set_classes(["Émile Durand", "emil", "Durand"])
    picker.search.setText("durand emile")
    assert [item.text() for item in picker._found()] == ["Émile Durand"]


def test_classes_that_a_search_hides_are_shown_before_they_are_taken_away(qtbot: QtBot) -> None:
    picker, hidden = ClassPicker(), list[int]()
    qtbot.addWidget(picker)
    picker.kind.setCurrentIndex(3)
    picker.set_classes(["dog", "cat"])
    picker.search.setText("dog")

    def count() -> None:
        hidden.append(sum(item.isHidden() for item in picker._items()))

    picker.list.model().modelAboutToBeReset.connect(count)
    picker.set_classes(["dogfish", "mouse"])
    picker.list.model().modelAboutToBeReset.disconnect(count)
    assert hidden == [0], "Qt takes a hidden row away by itself: of thousands for seconds"
    assert [item.text() for item in picker._found()] == ["dogfish"]
