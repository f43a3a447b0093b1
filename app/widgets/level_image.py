"""LevelImage: a small picture of a log-mel that takes other colours without being made anew."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, qRgb

from app import theme
from app.widgets.level_scale import level_scale

_STEPS = 255


class LevelImage:
    """The levels of a log-mel, shape (n_mels, n_frames); the first band is the last row of pixels.

    Parameters
    ----------
    db : ndarray of float32, shape (n_mels, n_frames)
        Cut to the clip's own frames.
    """

    def __init__(self, db: NDArray[np.float32]) -> None:
        low, high = self._range = float(db.min()), float(db.max())
        steps = ((db[::-1] - low) / max(high - low, 1e-6) * _STEPS).astype(np.uint8)
        height, width = steps.shape
        form = QImage.Format.Format_Grayscale8
        self._cells = QImage(steps.tobytes(), width, height, width, form).copy()
        self._coloured = QImage()
        self._coloured_for: tuple[object, ...] = ()

    def shrink(self, points: QSize, sharpness: int) -> None:
        """Keep a picture of so many points, each of so many pixels across."""
        smooth, fill = Qt.TransformationMode.SmoothTransformation, Qt.AspectRatioMode
        small = self._cells.scaled(points * sharpness, fill.IgnoreAspectRatio, smooth)
        self._cells = small.convertToFormat(QImage.Format.Format_Grayscale8)
        self._cells.setDevicePixelRatio(sharpness)
        self._coloured_for = ()

    def coloured(self) -> QImage:
        """Return the picture in the colours in force, on the window's thread."""
        asked = level_scale().now, theme.colours()
        if asked != self._coloured_for:
            self._coloured, self._coloured_for = self._colour(), asked
        return self._coloured

    def _colour(self) -> QImage:
        scale = level_scale().now
        silent, loudest = scale.limits(*self._range)
        levels = np.linspace(*self._range, _STEPS + 1)
        shares = np.clip((levels - silent) / (loudest - silent), 0.0, 1.0)
        inks = theme.level_table(scale.colours)[np.rint(shares * _STEPS).astype(np.intp)]
        image = self._cells.copy()
        image.reinterpretAsFormat(QImage.Format.Format_Indexed8)
        image.setColorTable([qRgb(*ink) for ink in inks.tolist()])
        return image.convertToFormat(QImage.Format.Format_RGB32)
