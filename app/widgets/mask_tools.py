"""MaskTools: the tools that draw on a mask, and what else a hand does to it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QHBoxLayout,
    QMenu,
    QSlider,
    QToolButton,
    QWidget,
)

from app.widgets.icon_button import IconButton
from app.widgets.stroke import PAINTING, TOOLS

VERBS = {
    "undo": ("Undo", "", "Take the last change of the mask back, however long ago it was made"),
    "redo": ("Redo", "", "Do again what was undone of the mask"),
    "invert": ("Invert", "Ctrl+I", "Keep all that was removed"),
    "grow": ("Grow", "Ctrl+]", "Widen what is kept, by one mel band and 10 ms"),
    "shrink": ("Shrink", "Ctrl+[", "Narrow what is kept, by one mel band and 10 ms"),
    "keep-span": ("Keep the selected span", "Ctrl+D", "Keep it at all frequencies"),
    "remove-span": ("Remove the selected span", "Ctrl+Shift+D", "Take it away at all frequencies"),
    "reset": ("Back to the map's mask", "", "Forget what was drawn; undo brings it back"),
    "empty": ("Keep nothing", "", "Begin with an empty mask"),
    "copy": ("Copy the mask", "", "Hold the mask, to lay it on another clip"),
    "paste": ("Lay on the copied mask", "", "Use the mask that was copied on this clip"),
    "load": ("Load a mask…", "", "Use a mask from a file, of this clip or of another"),
    "save": ("Save the mask…", "", "Write the mask to a file"),
}
"""What is done at once: name -> title, keys and tooltip."""

_ON_BAR = ("undo", "redo", "invert", "grow", "shrink", "reset")
_MOVE = ("Move", "V", "Drag to pan the picture")
_SMALLEST, _LARGEST, _FIRST = 2, 40, 8
"""Radii of the brush in pixels."""


class MaskTools(QWidget):
    """One line of tools; it changes no mask itself.

    Each tool and each verb is an action too, in `tools` and `verbs`, for a menu to show.
    """

    tool_chosen = Signal(str, float)
    """A tool of `stroke.TOOLS` or nothing, and the brush's radius in pixels."""
    asked = Signal(str)
    """One of `VERBS`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        tools = {"": _MOVE, **TOOLS}
        hands, wishes = QActionGroup(self), QActionGroup(self)
        self.tools = {name: _action(hands, name, *words) for name, words in tools.items()}
        self.verbs = {name: _action(wishes, name, *words) for name, words in VERBS.items()}
        actions = (*self.tools.values(), *self.verbs.values())
        self._tips = {action: action.toolTip() for action in actions}
        self._group = QButtonGroup(self)
        self._buttons = {name: self._tool_button(name) for name in self.tools}
        self._verb_buttons = {name: self._verb_button(name) for name in _ON_BAR}
        self._size = QSlider(Qt.Orientation.Horizontal)
        self._more = IconButton("more", "More that can be done to the mask")
        self._arrange()
        self._group.buttonClicked.connect(self._pick)
        self._size.valueChanged.connect(self._tell_tool)
        hands.triggered.connect(self._take_up)
        wishes.triggered.connect(self._ask)
        self._buttons[""].setChecked(True)
        self.set_possible(frozenset())

    @property
    def tool(self) -> str:
        """The tool in hand; empty if dragging pans."""
        return next((name for name, b in self._buttons.items() if b.isChecked()), "")

    def choose(self, tool: str) -> None:
        """Take up a tool, or none if the name is empty."""
        self._buttons[tool].setChecked(True)
        self._tell_tool()

    def set_possible(self, verbs: frozenset[str], obstacle: str = "") -> None:
        """Say what can be done now, and what stands in the way of the rest.

        Tools can be used if the mask can be inverted.
        """
        for name, action in self.verbs.items():
            action.setEnabled(name in verbs)
        for name, button in self._verb_buttons.items():
            button.setEnabled(name in verbs)
        drawable = "invert" in verbs
        for name, tool in self._buttons.items():
            tool.setEnabled(drawable or not name)
            self.tools[name].setEnabled(drawable or not name)
        for action, tip in self._tips.items():
            words = "" if action.isEnabled() else obstacle
            action.setToolTip(words or tip)
            action.setStatusTip(words)
        self._more.setEnabled(bool(verbs))
        self._show_size()

    def _tool_button(self, name: str) -> IconButton:
        title, key, tip = TOOLS.get(name, _MOVE)
        drawing = " Ctrl takes away; the middle button pans." if name else ""
        button = IconButton(name or "move", f"{title} ({key}): {tip}.{drawing}")
        button.setCheckable(True)
        button.setObjectName(name)
        self._group.addButton(button)
        return button

    def _verb_button(self, name: str) -> IconButton:
        title, keys, tip = VERBS[name]
        button = IconButton(name, f"{title} ({keys}): {tip}" if keys else f"{title}: {tip}")
        button.clicked.connect(self.verbs[name].trigger)
        return button

    def _arrange(self) -> None:
        self._size.setRange(_SMALLEST, _LARGEST)
        self._size.setValue(_FIRST)
        self._size.setFixedWidth(72)
        self._size.setAccessibleName("Size of the brush")
        self._size.setToolTip("Size of the brush and the eraser on the screen")
        menu = QMenu("More", self, toolTipsVisible=True)
        menu.addActions([action for name, action in self.verbs.items() if name not in _ON_BAR])
        self._more.setMenu(menu)
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for button in self._buttons.values():
            row.addWidget(button)
        row.addWidget(self._size)
        row.addSpacing(10)
        for button in self._verb_buttons.values():
            row.addWidget(button)
        row.addWidget(self._more)
        row.addStretch(1)

    def _pick(self, _button: QAbstractButton) -> None:
        self._tell_tool()

    def _take_up(self, action: QAction) -> None:
        self.choose(action.data())

    def _ask(self, action: QAction) -> None:
        self.asked.emit(action.data())

    def _tell_tool(self) -> None:
        self._show_size()
        self.tool_chosen.emit(self.tool, float(self._size.value()))

    def _show_size(self) -> None:
        self._size.setEnabled(self.tool in PAINTING and self._buttons[self.tool].isEnabled())


def _action(group: QActionGroup, name: str, title: str, keys: str, tip: str) -> QAction:
    action = group.addAction(title)
    action.setData(name)
    action.setShortcut(keys)
    action.setToolTip(tip)
    return action
