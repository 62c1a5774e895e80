"""The network: receptive field, coordinates, channels, dimensions."""

from __future__ import annotations

import pytest
import torch

from napari_discembed.config import EfficientNetConfig, NetworkConfig, UNetConfig
from napari_discembed.errors import InputError
from napari_discembed.losses import Outputs
from napari_discembed.models import EmbeddingNet, UNet, adapt_channels, inflate, widen_network


def small(**changes: object) -> EmbeddingNet:
    torch.manual_seed(0)
    return EmbeddingNet(NetworkConfig.of(in_channels=1, features=(4, 8), **changes)).eval()


@pytest.mark.parametrize(("ndim", "features"), [(2, (2, 2, 2)), (2, (2, 2, 2, 2)), (3, (2, 2))])
def test_no_pixel_beyond_the_receptive_radius_matters(ndim: int, features: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    net = UNet(ndim=ndim, in_channels=1, features=features).double().eval()
    for p in net.parameters():  # all positive, so that nothing cancels or is cut by a ReLU
        p.data.abs_().add_(0.1)
    radius, stride = net.receptive_radius, net.stride
    side = -(-(2 * radius + 4 * stride) // stride) * stride
    furthest = 0
    for shift in range(stride):
        at = side // 2 + shift
        x = torch.rand(1, 1, *[side] * ndim, dtype=torch.float64, requires_grad=True)
        out = net(x).sum(1)
        out[(0, *[at] * ndim)].backward()
        reached = (x.grad[0, 0] != 0).nonzero()
        furthest = max(furthest, int((reached - at).abs().max()))
    assert furthest <= radius
    assert furthest >= radius - stride  # and the radius is tight


@pytest.mark.parametrize("ndim", [2, 3])
def test_all_heads_have_their_shapes(ndim: int) -> None:
    net = small(ndim=ndim, embedding_dim=5, classes=3)
    size = (8, 4, 6)[:ndim]
    out = net(torch.randn(2, 1, *size))
    assert out["embedding"].shape == (2, 5, *size)
    assert out["foreground"].shape == (2, 3, *size)
    assert out["seediness"].shape == (2, 1, *size)
    without = small(ndim=ndim, seediness=False, embedding_dim=3)(torch.randn(1, 1, *size))
    assert without.keys() == {"embedding", "foreground"}


def test_an_untrained_semi_convolutional_net_says_where_each_pixel_is() -> None:
    net = small(diameter=7, units_per_diameter=14)
    out = net(torch.randn(1, 1, 4, 6), origin=torch.tensor([[10, 20]]))["embedding"][0]
    torch.testing.assert_close(out[0, :, 0], 2.0 * torch.arange(10, 14), atol=0.2, rtol=0)
    torch.testing.assert_close(out[1, 0], 2.0 * torch.arange(20, 26), atol=0.2, rtol=0)


def test_input_coordinates_know_the_origin() -> None:
    net = small(coordinates="input")
    for p in net.parameters():
        p.data.abs_().add_(0.05)
    x = torch.zeros(1, 1, 4, 4)
    moved = net(x, origin=torch.tensor([[500, 0]]))["embedding"]
    assert not torch.allclose(net(x)["embedding"], moved)
    assert torch.allclose(
        small(coordinates="none")(x)["embedding"],
        small(coordinates="none")(x, torch.tensor([[500, 0]]))["embedding"],
    )


def test_the_embedding_stays_in_full_precision_under_autocast() -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = small()(torch.randn(1, 1, 4, 4), origin=torch.tensor([[4000, 0]]))
    assert out["embedding"].dtype == torch.float32


def test_a_batch_that_does_not_fit_is_told() -> None:
    with pytest.raises(InputError, match="multiples of 2"):
        small()(torch.randn(1, 1, 5, 4))
    with pytest.raises(InputError, match=r"\(B, 1, 2 spatial"):
        small()(torch.randn(1, 3, 4, 4))


@pytest.mark.parametrize("asinh_channel", [False, True])
@pytest.mark.parametrize("coordinates", ["semiconv", "input"])
@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 1), (3, 5), (3, 2), (1, 5)])
def test_a_grey_image_looks_the_same_through_other_channels(
    coordinates: str, before: int, after: int, asinh_channel: bool
) -> None:
    torch.manual_seed(0)
    config = NetworkConfig.of(
        in_channels=before, features=(4, 8), coordinates=coordinates, asinh_channel=asinh_channel
    )
    net = EmbeddingNet(config).eval()
    adapted = adapt_channels(net, after)
    grey = torch.randn(1, 1, 4, 4)
    a, b = net(grey.expand(1, before, 4, 4)), adapted(grey.expand(1, after, 4, 4))
    torch.testing.assert_close(a["embedding"], b["embedding"])
    assert (net.config.in_channels, adapted.config.in_channels) == (before, after)


def test_faint_objects_are_lifted_and_bright_ones_stay() -> None:
    config = NetworkConfig.of(in_channels=1, features=(2,), coordinates="none", asinh_channel=True)
    net = EmbeddingNet(config)
    seen = []
    net.backbone.register_forward_hook(lambda _, given, __: seen.append(given[0]))
    net(torch.tensor([0.0, 0.05, 1.0, 2.0]).reshape(1, 1, 1, 4))
    image, lifted = seen[0][0, :, 0]
    assert image.tolist() == pytest.approx([0.0, 0.05, 1.0, 2.0])
    assert lifted.tolist() == pytest.approx([0.0, 0.239, 1.0, 1.188], abs=1e-3)


@pytest.mark.parametrize("coordinates", ["semiconv", "input", "none"])
@pytest.mark.parametrize("features", [(4, 8, 12, 16), (6, 8), (5, 11, 12)])
def test_a_grown_network_starts_as_the_one_it_grew_from(
    coordinates: str, features: tuple[int, ...]
) -> None:
    torch.manual_seed(0)
    config = NetworkConfig.of(in_channels=1, features=(4, 8), coordinates=coordinates)
    net = EmbeddingNet(config).eval()
    larger = config.with_short(features=features, asinh_channel=True)
    grown = widen_network(net, larger)
    image = torch.randn(1, 1, 16, 16)
    torch.testing.assert_close(
        grown(image)["embedding"], net(image)["embedding"], rtol=1e-3, atol=1e-3
    )
    assert grown.config == larger


def before_and_after_growing(**changes: object) -> tuple[NetworkConfig, Outputs, Outputs]:
    """Return a network's configuration, and what it and the grown one say of one image."""
    torch.manual_seed(0)
    config = NetworkConfig.of(in_channels=1, features=(4, 8), embedding_dim=2, diameter=24.0)
    net = EmbeddingNet(config).eval()
    grown = widen_network(net, config.with_short(**changes))
    image = torch.randn(1, 1, 16, 16)
    return config, net(image), grown(image)


def test_further_dimensions_begin_near_zero_and_the_other_outputs_stay() -> None:
    _, before, after = before_and_after_growing(embedding_dim=4)
    torch.testing.assert_close(after["embedding"][:, :2], before["embedding"])
    torch.testing.assert_close(after["foreground"], before["foreground"])
    torch.testing.assert_close(after["seediness"], before["seediness"])
    further = after["embedding"][:, 2:]
    assert 0 < further.abs().max() < 0.2


def test_at_another_diameter_objects_keep_their_width_in_units() -> None:
    config, before, after = before_and_after_growing(diameter=48.0)
    torch.testing.assert_close(after["foreground"], before["foreground"])
    moved = (before["embedding"] - after["embedding"])[
        0
    ].detach()  # the network's own share is the same
    unit = config.embedding.units_per_diameter
    assert float(moved[0, 12, 5] - moved[0, 0, 5]) == pytest.approx(12 * unit * (1 / 24 - 1 / 48))


BACKBONES = {
    "unet": UNetConfig(features=(4, 8)),
    "efficientnet": EfficientNetConfig(features=(4, 4, 4, 4)),
}


@pytest.mark.parametrize("coordinates", ["semiconv", "input", "none"])
@pytest.mark.parametrize("asinh_channel", [False, True])
@pytest.mark.parametrize("backbone", BACKBONES)
def test_an_inflated_network_sees_each_plane_as_before(
    backbone: str, coordinates: str, asinh_channel: bool
) -> None:
    torch.manual_seed(0)
    config = NetworkConfig(in_channels=2, backbone=BACKBONES[backbone]).with_short(
        coordinates=coordinates, asinh_channel=asinh_channel
    )
    net = EmbeddingNet(config).eval()
    plane = torch.randn(1, 2, 16, 16)
    flat = net(plane)
    solid = inflate(net)(plane[:, :, None].expand(-1, -1, 16, -1, -1))
    added = int(coordinates == "semiconv")  # Z comes first
    for z in range(16):
        torch.testing.assert_close(solid["foreground"][:, :, z], flat["foreground"])
        torch.testing.assert_close(solid["seediness"][:, :, z], flat["seediness"])
        torch.testing.assert_close(solid["embedding"][:, added:, z], flat["embedding"])
    if added:
        along_z = solid["embedding"][0, 0, :, 4, 4].detach()
        assert torch.diff(along_z).tolist() == pytest.approx([7 / 24] * 15, abs=1e-4)


def test_a_network_for_volumes_is_not_inflated() -> None:
    with pytest.raises(InputError, match="2-D network"):
        inflate(EmbeddingNet(NetworkConfig.of(ndim=3, embedding_dim=3, features=(4,))))


@pytest.mark.parametrize("change", [{"embedding_dim": 2}, {"classes": 2}, {"features": (3, 8)}])
def test_a_network_does_not_grow_into_another_one(change: dict[str, object]) -> None:
    with pytest.raises(InputError, match="adds features"):
        widen_network(small(embedding_dim=3), small().config.with_short(**change))
