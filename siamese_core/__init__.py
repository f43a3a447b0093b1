"""One-shot audio recognition that explains itself: train, load, score, explain, sonify; no Qt.

The one flow: ``Clip -> LogMel -> embedding -> similarity -> Attribution -> Mask -> Clip``.
"""

import os

__version__ = "0.1.0"

# Before torch is imported: its threads should sleep, not spin, while they wait for one another.
# Spinning on a core that another program uses makes the bundled explanation three times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Before pydantic is: it would look through every installed package for plugins.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
