"""Plain text: names of files, folders, classes and devices as they stand, whatever is in them."""

from html import escape

from PySide6 import QtGui


def plain(text: str) -> str:
    """Return what a tip or a box shows as ``text``, where Qt might take that for rich text."""
    if not QtGui.Qt.mightBeRichText(text):
        return text
    return f"<qt>{escape(text).replace(chr(10), '<br>')}</qt>"


def entry(text: str) -> str:
    """Return what a menu shows as ``text``, in which an ampersand would underline a letter."""
    return text.replace("&", "&&")
