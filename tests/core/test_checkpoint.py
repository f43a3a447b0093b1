"""Checkpoints: the same net comes back; a hostile file gets a refusal and costs nothing."""

import json
import struct
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load, save

from siamese_core.card import Card
from siamese_core.checkpoint import load_checkpoint, save_checkpoint
from siamese_core.errors import CheckpointError, EarwitnessError
from siamese_core.siamese import SiameseNet
from tests.conftest import TINY_MEL, TINY_RECIPE


def test_a_net_comes_back_with_its_card(tiny_net: SiameseNet, tmp_path: Path) -> None:
    card = Card(TINY_RECIPE, ("a", "b"), {"validation accuracy": 0.5}, 7)
    save_checkpoint(tmp_path / "net.safetensors", tiny_net, card)
    net, read_card = load_checkpoint(tmp_path / "net.safetensors")
    assert read_card == card
    assert not net.training
    maps = torch.randn(2, *TINY_MEL.shape)
    torch.testing.assert_close(net(maps, maps), tiny_net(maps, maps))


def test_half_the_bytes_keep_three_digits_of_each_weight(
    tiny_net: SiameseNet, tmp_path: Path
) -> None:
    whole, half = tmp_path / "whole.safetensors", tmp_path / "half.safetensors"
    card = Card(TINY_RECIPE)
    save_checkpoint(whole, tiny_net, card)
    save_checkpoint(half, tiny_net, card, half=True)
    assert half.stat().st_size < 0.75 * whole.stat().st_size
    net, _ = load_checkpoint(half)
    for name, weight in tiny_net.state_dict().items():
        read = net.state_dict()[name]
        assert read.dtype == weight.dtype
        tolerance = 2**-10 if weight.dim() > 1 else 0
        torch.testing.assert_close(read, weight, rtol=tolerance, atol=1e-7)


def test_a_weight_too_large_for_half_the_bytes_is_refused(
    tiny_net: SiameseNet, tmp_path: Path
) -> None:
    with torch.no_grad():
        tiny_net.head.weight[0, 0] = 1e6
    path = tmp_path / "net.safetensors"
    with pytest.raises(CheckpointError, match=r"head\.weight.*65,504"):
        save_checkpoint(path, tiny_net, Card(TINY_RECIPE), half=True)
    assert not path.exists()


def _with_header(path: Path, change) -> None:
    """Rewrite the JSON header of a safetensors file."""
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = change(json.loads(data[8 : 8 + size]))
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + size :])


def _changed_recipe(header: dict, **values: object) -> dict:
    about = json.loads(header["__metadata__"]["earwitness"])
    about["recipe"].update(values)
    header["__metadata__"]["earwitness"] = json.dumps(about)
    return header


HEADERS = {
    "no metadata": (lambda h: {k: v for k, v in h.items() if k[0] != "_"}, "carries no recipe"),
    "foreign metadata": (lambda h: {**h, "__metadata__": {"format": "pt"}}, "carries no recipe"),
    "illegal recipe": (lambda h: _changed_recipe(h, pos=-1), "recipe that cannot be used"),
    "other distance": (lambda h: _changed_recipe(h, distance="cosine"), "does not fit its own"),
    "a net of gigabytes": (
        lambda h: _changed_recipe(
            h, encoder={"kind": "conv", "filters": [1024], "kernels": [31], "dense": 8192}
        ),
        "does not fit its own recipe",
    ),
}


@pytest.mark.parametrize("kind", HEADERS)
def test_a_foreign_or_unfitting_file_is_refused(tiny_checkpoint: Path, kind: str) -> None:
    change, words = HEADERS[kind]
    _with_header(tiny_checkpoint, change)
    with pytest.raises(CheckpointError, match=words):
        load_checkpoint(tiny_checkpoint)


def test_weights_that_are_no_numbers_are_refused(tiny_checkpoint: Path) -> None:
    data = tiny_checkpoint.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    metadata = json.loads(data[8 : 8 + size])["__metadata__"]
    tensors = load(data)
    tensors["head.bias"][:] = float("nan")
    tiny_checkpoint.write_bytes(save(tensors, metadata))
    with pytest.raises(CheckpointError, match=r"not numbers, in 'head\.bias'"):
        load_checkpoint(tiny_checkpoint)


def test_weights_of_another_type_are_refused(tiny_checkpoint: Path) -> None:
    data = tiny_checkpoint.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    metadata = json.loads(data[8 : 8 + size])["__metadata__"]
    tensors = {name: tensor.double() for name, tensor in load(data).items()}
    tiny_checkpoint.write_bytes(save(tensors, metadata))
    with pytest.raises(CheckpointError, match=r"is of type torch\.float64"):
        load_checkpoint(tiny_checkpoint)


def test_a_pickle_is_not_executed(tmp_path: Path) -> None:
    path = tmp_path / "evil.safetensors"
    torch.save({"weights": torch.zeros(3)}, path)
    with pytest.raises(CheckpointError, match="not a whole model file"):
        load_checkpoint(path)


def test_missing_and_huge_headers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="There is no file"):
        load_checkpoint(tmp_path / "none.safetensors")
    (tmp_path / "huge.safetensors").write_bytes(struct.pack("<Q", 2**62) + b"{}")
    with pytest.raises(CheckpointError, match="not a whole model file"):
        load_checkpoint(tmp_path / "huge.safetensors")
    with pytest.raises(CheckpointError):
        load_checkpoint(tmp_path)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255), cut=st.booleans())
def test_a_spoiled_file_is_read_or_refused_but_never_crashes(
    tiny_checkpoint: Path, place: float, byte: int, cut: bool
) -> None:
    data = bytearray(tiny_checkpoint.read_bytes())
    spoiled = tiny_checkpoint.with_name("spoiled.safetensors")
    where = int(place * len(data))
    if cut:
        spoiled.write_bytes(data[:where])
    else:
        data[where] = byte
        spoiled.write_bytes(data)
    refusal = ""
    try:
        load_checkpoint(spoiled)
    except EarwitnessError as error:
        refusal = str(error)
    assert "\n" not in refusal
    assert refusal or not cut


def test_a_full_disk_leaves_the_old_checkpoint(
    tiny_checkpoint: Path, tiny_net, monkeypatch
) -> None:
    before = tiny_checkpoint.read_bytes()

    def full(_self: Path, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(EarwitnessError, match="no space left on device"):
        save_checkpoint(tiny_checkpoint, tiny_net, Card(TINY_RECIPE))
    monkeypatch.undo()
    assert tiny_checkpoint.read_bytes() == before
    assert list(tiny_checkpoint.parent.iterdir()) == [tiny_checkpoint]
