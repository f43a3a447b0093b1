"""Grad-CAM and guided Grad-CAM on layers whose maps are known."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from siamese_core.attribution.attribution import Subject
from siamese_core.attribution.convolutions import convolutions
from siamese_core.attribution.layers import grad_cam, guided_grad_cam
from siamese_core.attribution.parameters import GradCamParameters, GuidedGradCamParameters
from siamese_core.errors import ParameterError
from siamese_core.siamese import OneSidedScore, SiameseNet
from tests.conftest import TINY_MEL
from tests.core.convolved_nets import convolved_net, noise_db
from tests.core.toys import COLUMNS, ROWS, RectangleScore, noise_map


class Coarse(nn.Module):
    """Means of 4 x 5 cells, two copies of which count for and against the score."""

    def __init__(self, weights: tuple[float, float]) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 2, (4, 5), (4, 5)), nn.ReLU())
        nn.init.constant_(self.encoder[0].weight, 1 / 20)
        nn.init.constant_(self.encoder[0].bias, 0.0)
        self.weights = weights

    def forward(self, maps: Tensor) -> Tensor:
        seen = self.encoder(maps.unsqueeze(1)).mean(dim=(2, 3))
        return seen[:, 0] * self.weights[0] + seen[:, 1] * self.weights[1]


def bright() -> Tensor:
    """A map of ones with a bright rectangle of 4 x 5 cells."""
    log_mel = torch.ones(16, 20)
    log_mel[ROWS, COLUMNS] = 33.0
    return log_mel


def test_grad_cam_is_the_layers_map_weighed_by_mean_gradients() -> None:
    values = grad_cam(Subject(Coarse((3.0, -1.0)), bright()), GradCamParameters()).values
    # 16 places: each gradient is a sixteenth of its weight; enlarged fourfold, no row meets the
    # bright place's middle but two miss it by an eighth
    assert values.max() == pytest.approx((3 - 1) / 16 * (1 + 7 / 8 * 32))
    peak = np.unravel_index(values.argmax(), values.shape)
    assert ROWS.start <= peak[0] < ROWS.stop
    assert COLUMNS.start <= peak[1] < COLUMNS.stop
    assert values[12:, 12:] == pytest.approx((3 - 1) / 16)


def test_grad_cam_keeps_its_sign_unless_asked_otherwise() -> None:
    subject = Subject(Coarse((-3.0, 1.0)), bright())
    assert grad_cam(subject, GradCamParameters()).values.min() == pytest.approx(-29 / 8)
    positive = grad_cam(subject, GradCamParameters(positive=True))
    assert not positive.values.any()
    assert positive.note == "The map is zero: nothing in that layer raises the score."


def test_guided_grad_cam_is_the_product_of_both() -> None:
    subject = Subject(Coarse((3.0, -1.0)), bright())
    cam = grad_cam(subject, GradCamParameters()).values
    values = guided_grad_cam(subject, GuidedGradCamParameters()).values
    # guided: each cell is a twentieth of a place, of which only the raising copy is passed
    np.testing.assert_allclose(values, cam * 3 / 16 / 20, rtol=1e-5)


def test_every_convolution_of_a_network_can_be_looked_at(tiny_net: SiameseNet) -> None:
    score = OneSidedScore(tiny_net, noise_map(1, TINY_MEL.shape))
    subject = Subject(score, noise_map(2, TINY_MEL.shape))
    assert list(convolutions(score)) == ["0", "3"]
    maps = {
        name: grad_cam(subject, GradCamParameters(layer=name)).values for name in ("0", "3", "")
    }
    np.testing.assert_array_equal(maps[""], maps["3"])
    assert np.abs(maps["0"] - maps["3"]).max() > 0
    assert all(values.shape == TINY_MEL.shape for values in maps.values())


@pytest.mark.parametrize(
    ("kind", "last"),
    [
        ("residual", ["stages.4.body.3"]),
        ("an ensemble", ["members.0.stages.4.body.3", "members.1.stages.4.body.3"]),
    ],
)
def test_unless_named_each_networks_last_layer_beside_its_shortcut_is_looked_at(
    kind: str, last: list[str]
) -> None:
    subject = Subject(OneSidedScore(convolved_net(kind), noise_db(1)), noise_db(2))
    assert "shortcut" in list(convolutions(subject.score))[-1]
    maps = [grad_cam(subject, GradCamParameters(layer=name)).values for name in last]
    assert all(values.any() for values in maps)
    found = grad_cam(subject, GradCamParameters()).values
    np.testing.assert_allclose(found, sum(maps), atol=1e-5 * np.abs(found).max())
    guided = guided_grad_cam(subject, GuidedGradCamParameters()).values
    assert not guided[found < 0].any()


def test_a_layer_that_is_not_there_is_answered_with_those_that_are(tiny_net: SiameseNet) -> None:
    subject = Subject(OneSidedScore(tiny_net, noise_map(1, TINY_MEL.shape)), noise_map())
    with pytest.raises(ParameterError, match=r"layer is '7', but .* layers are 0, 3\."):
        grad_cam(subject, GradCamParameters(layer="7"))


def test_of_many_layers_those_are_named_that_read_most_like_the_wrong_one() -> None:
    subject = Subject(OneSidedScore(convolved_net("an ensemble"), noise_db(1)), noise_db(2))
    known = list(convolutions(subject.score))
    with pytest.raises(ParameterError) as refused:
        grad_cam(subject, GradCamParameters(layer="members.1.stages.4.body.2"))
    words = str(refused.value)
    named = [name for name in known if name in words]
    assert "members.1.stages.4.body.3" in named
    assert len(named) == 3
    assert words.endswith(f" and {len(known) - 3} more.")


def test_a_network_without_convolutions_is_refused() -> None:
    with pytest.raises(ParameterError, match="'grad-cam' looks at a convolution layer"):
        grad_cam(Subject(RectangleScore(), noise_map()), GradCamParameters())
    with pytest.raises(ParameterError, match="'guided-grad-cam' changes how gradients pass ReLU"):
        guided_grad_cam(Subject(RectangleScore(), noise_map()), GuidedGradCamParameters())
    relu = nn.Sequential(nn.Flatten(), nn.ReLU(), nn.Linear(320, 1), nn.Flatten(0))
    with pytest.raises(ParameterError, match="'guided-grad-cam' looks at a convolution layer"):
        guided_grad_cam(Subject(relu, noise_map()), GuidedGradCamParameters())
