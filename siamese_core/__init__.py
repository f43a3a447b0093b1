"""One-shot audio recognition that explains itself: train, load, score, explain, sonify; no Qt.

The one flow: ``Clip -> LogMel -> embedding -> similarity -> Attribution -> Mask -> Clip``.
"""

import os
from importlib.metadata import PackageNotFoundError, version

# Before torch is imported: its threads should sleep, not spin, while they wait for one another.
# Spinning on a core that another program uses makes the bundled explanation three times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

try:
    __version__ = version("earwitness")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0.0.0"
