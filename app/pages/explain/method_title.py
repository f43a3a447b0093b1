"""Names of the attribution methods as people read them."""

_TITLES = {
    "input-x-gradient": "Input × gradient",
    "smooth-grad": "SmoothGrad",
    "gradient-shap": "Gradient SHAP",
    "deeplift": "DeepLIFT",
    "deeplift-shap": "DeepLIFT SHAP",
    "grad-cam": "Grad-CAM",
    "guided-grad-cam": "Guided Grad-CAM",
    "kernel-shap": "Kernel SHAP",
    "lime": "LIME",
    "sinex": "SINEX",
    "sinexc": "SINEXC",
}
"""As their papers write them."""


def method_title(name: str) -> str:
    """Return a method's name as people read it."""
    return _TITLES.get(name, name.replace("-", " ").capitalize())
