import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import napari_discembed
from napari_discembed.config import TilingConfig
from napari_discembed.errors import InputError
from napari_discembed.imaging import match_channels, normalise, resample
from napari_discembed.inference import embed_channels, embed_image, embedder, source
from napari_discembed.models import EmbeddingNet, Model
from napari_discembed.progress import run
from napari_discembed.types import Embedding, Image

Make = Callable[..., Model]
WHOLE = TilingConfig(size=16384)
SMALL = TilingConfig(size=32)


def picture(*shape: int, axes: str = "", dtype: str = "uint16") -> Image:
    values = np.random.default_rng(0).integers(0, 255, shape).astype(dtype)
    return Image(values, axes, name="picture")


def assert_same(first: Embedding, second: Embedding) -> None:
    np.testing.assert_allclose(first.values, second.values, atol=1e-4)
    np.testing.assert_allclose(first.foreground, second.foreground, atol=1e-4)
    np.testing.assert_allclose(first.seediness, second.seediness, atol=1e-4)


@pytest.mark.parametrize("diameter", [11.3, 24.0, 61.0], ids=["enlarged", "as is", "shrunk"])
def test_tiles_of_a_resampled_image_give_what_the_whole_gives(
    make_model: Make, diameter: float
) -> None:
    model, image = make_model(), picture(97, 131)
    whole = run(embed_image(model, image, diameter=diameter, tile=WHOLE))
    tiled = run(embed_image(model, image, diameter=diameter, tile=SMALL))
    assert_same(whole, tiled)


def test_tiles_of_a_resampled_volume_give_what_the_whole_gives(make_model: Make) -> None:
    model = make_model(ndim=3, features=(3, 4), embedding_dim=3)
    image = Image(picture(9, 50, 41, axes="ZYX").data, "ZYX", pixel_size=(2.0, 1.0, 1.0))
    whole = run(embed_image(model, image, diameter=30, tile=WHOLE))
    tiled = run(embed_image(model, image, diameter=30, tile=TilingConfig(size=64)))
    assert whole.shape == (14, 40, 33)
    assert_same(whole, tiled)


def test_windows_are_prepared_as_training_images_are(make_model: Make) -> None:
    model, image = make_model(in_channels=1), picture(60, 80, 3, axes="YXC")
    channels = resample(normalise(match_channels(image.channels_first(), 1)), (30, 40))
    expected = run(embed_channels(model.net, channels, tile=WHOLE))
    found = run(embed_image(model, image, diameter=48, tile=SMALL))
    np.testing.assert_allclose(found.values, expected["embedding"], atol=1e-4)


def test_a_mix_of_channels_is_shown_in_their_place(make_model: Make) -> None:
    model = make_model({"channel_weights": (0.6, -0.8, 0.0)}, in_channels=3)
    image = picture(60, 80, 3, axes="YXC")
    channels = resample(normalise(image.channels_first(), 3, (0.6, -0.8, 0.0)), (30, 40))
    assert (channels[0] == channels[2]).all()
    expected = run(embed_channels(model.net, channels, tile=WHOLE))
    found = run(embed_image(model, image, diameter=48, tile=SMALL))
    np.testing.assert_allclose(found.values, expected["embedding"], atol=1e-4)
    assert found.provenance.config["channel_weights"] == (0.6, -0.8, 0.0)
    with_alpha = np.concatenate([image.data, image.data[..., :1]], axis=-1)
    assert_same(found, run(embed_image(model, Image(with_alpha, "YXC"), diameter=48, tile=SMALL)))
    with pytest.raises(InputError, match="3 channels, got 2"):
        run(embed_image(model, Image(image.data[..., :2], "YXC")))


def test_a_window_that_needs_much_of_the_image_is_read_in_parts(
    make_model: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, image = make_model(), picture(200, 300)
    whole = run(embed_image(model, image, diameter=100))
    monkeypatch.setattr(source, "LARGEST_READ", 4000)
    assert_same(whole, run(embed_image(model, image, diameter=100)))


def test_the_embedding_carries_what_is_known(make_model: Make) -> None:
    model = make_model({"weights_sha256": "abc"}, embedding_dim=4, delta_v=0.3, delta_d=1.2)
    image = Image(picture(40, 60).data, "YX", (0.5,), "micrometer", "leaf")
    result = run(embed_image(model, image, diameter=12))
    assert result.values.shape == (4, 80, 120)
    assert result.values.dtype == result.foreground.dtype == np.float32
    assert result.seediness is not None
    assert result.seediness.shape == (80, 120)
    assert result.image_shape == (40, 60)
    assert result.diameter == 24
    assert (result.margins.pull, result.margins.push) == (0.3, 1.2)
    assert result.space.has_coordinates
    assert (result.pixel_size, result.unit, result.name) == ((0.5, 0.5), "micrometer", "leaf")
    assert result.provenance.version == napari_discembed.__version__
    assert (result.provenance.model, result.provenance.weights_hash) == ("lively", "abc")
    assert result.provenance.config["diameter"] == 12


def test_without_coordinates_the_embedding_is_not_spatial(make_model: Make) -> None:
    result = run(embed_image(make_model(coordinates="none"), picture(16, 16)))
    assert not result.space.has_coordinates


def test_a_model_tuned_on_larger_objects_expects_them(make_model: Make) -> None:
    result = run(embed_image(make_model({"image_diameter": 48.0}), picture(40, 60)))
    assert result.shape == (20, 30)


def test_a_transposed_image_is_brought_to_y_x(make_model: Make) -> None:
    model, image = make_model(), picture(40, 60)
    turned = Image(image.data.T, "XY", name="picture")
    assert_same(run(embed_image(model, image)), run(embed_image(model, turned)))


@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint64", "int16", "float16", "float64"])
def test_every_real_dtype_is_taken(make_model: Make, dtype: str) -> None:
    result = run(embed_image(make_model(), picture(20, 20, dtype=dtype)))
    assert np.isfinite(result.values).all()


def test_a_constant_image_is_embedded(make_model: Make) -> None:
    result = run(embed_image(make_model(), Image(np.full((20, 20), 7, np.uint8))))
    assert np.isfinite(result.values).all()


def test_grey_suits_a_colour_model(make_model: Make) -> None:
    result = run(embed_image(make_model(in_channels=3), picture(30, 30)))
    assert result.shape == (30, 30)


def test_channels_that_do_not_fit_are_refused(make_model: Make) -> None:
    with pytest.raises(InputError, match="5"):
        run(embed_image(make_model(in_channels=3), picture(5, 30, 30, axes="CYX")))


def test_frames_are_to_be_embedded_one_at_a_time(make_model: Make) -> None:
    with pytest.raises(InputError, match="frames"):
        run(embed_image(make_model(), picture(2, 30, 30, axes="TYX")))


def test_a_volume_for_a_flat_model_is_told_which_axes_to_pass(make_model: Make) -> None:
    with pytest.raises(InputError, match="axes='CYX'"):
        run(embed_image(make_model(), picture(9, 30, 30)))


def test_a_flat_image_for_a_volume_model_is_refused(make_model: Make) -> None:
    with pytest.raises(InputError, match="expected a 3-D image"):
        run(embed_image(make_model(ndim=3, embedding_dim=3), picture(30, 30)))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_pixels_that_are_no_numbers_are_refused_before_anything_is_written(
    make_model: Make, tmp_path: Path, bad: float
) -> None:
    values = np.zeros((3000, 20), np.float32)
    values[2999, 1] = bad
    with pytest.raises(InputError, match="NaN or infinite"):
        run(embed_image(make_model(), Image(values), store=tmp_path / "result"))
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("diameter", [0, -3, np.nan, np.inf])
def test_a_diameter_that_is_none_is_refused(make_model: Make, diameter: float) -> None:
    with pytest.raises(InputError, match="diameter"):
        run(embed_image(make_model(), picture(20, 20), diameter=diameter))


def test_an_image_without_pixels_is_refused(make_model: Make) -> None:
    with pytest.raises(InputError, match="no pixels"):
        run(embed_image(make_model(), Image(np.zeros((0, 5)), "YX")))


def test_a_stored_embedding_is_mapped_and_the_same(make_model: Make, tmp_path: Path) -> None:
    model, image = make_model(), picture(97, 131)
    stored = run(embed_image(model, image, tile=SMALL, store=tmp_path / "deep" / "result"))
    assert isinstance(stored.values, np.memmap)
    assert_same(stored, run(embed_image(model, image, tile=WHOLE)))
    names = sorted(file.name for file in (tmp_path / "deep" / "result").iterdir())
    assert names == ["embedding.npy", "foreground.npy", "seediness.npy"]
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["result"]


def test_closing_the_job_removes_what_was_written(make_model: Make, tmp_path: Path) -> None:
    job = embed_image(make_model(), picture(97, 131), tile=SMALL, store=tmp_path / "result")
    next(job)
    next(job)
    assert len(list(tmp_path.iterdir())) == 1
    job.close()
    assert not any(tmp_path.iterdir())


def test_a_store_that_holds_something_is_left_alone(make_model: Make, tmp_path: Path) -> None:
    (tmp_path / "work.txt").write_text("mine")
    with pytest.raises(InputError, match="new or empty folder"):
        run(embed_image(make_model(), picture(20, 20), store=tmp_path))
    assert (tmp_path / "work.txt").read_text() == "mine"


def test_an_empty_folder_is_a_store(make_model: Make, tmp_path: Path) -> None:
    (tmp_path / "result").mkdir()
    stored = run(embed_image(make_model(), picture(20, 20), store=tmp_path / "result"))
    assert stored.shape == (20, 20)


def test_a_disk_too_small_is_said_before_anything_is_written(
    make_model: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = type("Usage", (), {"free": 100})()
    monkeypatch.setattr("shutil.disk_usage", lambda _: free)
    with pytest.raises(InputError, match="another disk"):
        run(embed_image(make_model(), picture(20, 20), store=tmp_path / "result"))
    assert not any(tmp_path.iterdir())


def test_the_image_is_not_changed(make_model: Make) -> None:
    image = picture(40, 40, dtype="float32")
    before = hashlib.sha256(image.data.tobytes()).digest()
    run(embed_image(make_model(), image, diameter=30))
    assert hashlib.sha256(image.data.tobytes()).digest() == before


def test_a_memory_map_is_embedded(make_model: Make, tmp_path: Path) -> None:
    image = picture(97, 131)
    np.save(tmp_path / "image.npy", image.data)
    mapped = Image(np.load(tmp_path / "image.npy", mmap_mode="r"))
    model = make_model()
    assert_same(
        run(embed_image(model, mapped, tile=SMALL)), run(embed_image(model, image, tile=WHOLE))
    )


def test_an_embedding_that_takes_long_is_told_before_it_begins(
    make_net: Callable[..., EmbeddingNet], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedder, "check_embedding", lambda *_args, **_kinds: "It takes long.")
    job = embed_channels(make_net(), np.zeros((1, 32, 32), np.float32))
    assert next(job).message == "It takes long."
    assert set(run(job)) == {"embedding", "foreground", "seediness"}
