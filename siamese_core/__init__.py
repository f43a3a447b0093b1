"""One-shot audio recognition that explains itself: train, load, score, explain, sonify; no Qt.

The one flow: ``Clip -> LogMel -> embedding -> similarity -> Attribution -> Mask -> Clip``.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("earwitness")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0.0.0"
