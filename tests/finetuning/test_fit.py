"""Fine-tuning: from labelled objects to a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from napari_discembed import Image, load_model
from napari_discembed.config import FinetuningConfig, NetworkConfig, clustering_config
from napari_discembed.errors import InputError, TrainingDataError
from napari_discembed.finetuning import finetune, taught
from napari_discembed.inference import run as inference_run
from napari_discembed.models import EmbeddingNet, Model, ModelCard
from napari_discembed.pipeline import segment
from napari_discembed.progress import Job, Progress, run

TINY = NetworkConfig.of(in_channels=1, features=(4, 8), diameter=10)
QUICK = FinetuningConfig(steps=2, patch_size=16, batch_size=2)


def picture(channels: int = 0) -> tuple[np.ndarray, np.ndarray]:
    labels = np.zeros((40, 48), np.uint8)
    labels[4:16, 4:16], labels[20:32, 24:36] = 1, 2
    image = labels.astype(float) * 50
    return (np.stack([image] * channels, -1) if channels else image), labels


def tiny() -> Model:
    return Model(EmbeddingNet(TINY), ModelCard(name="tiny", config=TINY))


def test_fine_tuning_from_nothing_and_from_a_model() -> None:
    image, labels = picture()
    first = run(finetune(image, labels, config=QUICK, network=TINY, complete=True))
    assert first.card.image_diameter == pytest.approx(13.5, abs=0.1)
    second = run(finetune([image], [labels], model=first, config=QUICK, name="again"))
    assert (second.name, second.card.training["start"]) == ("again", "fine-tuned")
    assert second.card.training["objects"] == 2


def test_weights_for_one_channel_start_on_five_and_on_two() -> None:
    image, labels = picture()
    for n in (2, 5):
        many = Image(np.stack([image] * n), "CYX")
        model = run(finetune(many, labels, model=tiny(), config=QUICK))
        assert model.config.in_channels == n
        assert run(segment(many, model)).labels.shape == image.shape


def finds_what_is_bright() -> Model:
    """Return a model made by hand: a pixel is foreground where it is above 0.5."""
    net = EmbeddingNet(TINY)
    for name, value in net.named_parameters():
        if value.ndim == 4:
            value.data.zero_()
            if "backbone" in name:
                value.data[0, 0, 1, 1] = 1
    heads = net.named_heads()
    heads["foreground"].projection.weight.data[0, 0] = 100
    heads["foreground"].projection.bias.data[:] = -50.0
    heads["seediness"].projection.bias.data[:] = 5.0
    return Model(net.eval(), ModelCard(name="bright", config=TINY))


def test_dark_objects_are_taught_as_bright_ones_where_the_start_knows_those() -> None:
    image, labels = picture(2)
    dark = Image(100 - image * [1, 0], "YXC")
    model = run(finetune(dark, labels, model=finds_what_is_bright(), config=QUICK))
    assert model.card.channel_weights == pytest.approx((-1, 0), abs=1e-3)
    assert model.config.in_channels == 1
    found = run(segment(dark, model)).labels
    assert ((found > 0) == (labels > 0)).mean() > 0.9

    unmixed = run(
        finetune(
            dark,
            labels,
            model=finds_what_is_bright(),
            config=QUICK.model_copy(update={"tune_channel_weights": False}),
        )
    )
    assert (unmixed.card.channel_weights, unmixed.config.in_channels) == (None, 2)


def test_a_mix_that_brings_nothing_is_not_made() -> None:
    image, labels = picture()
    model = run(finetune(image, labels, model=finds_what_is_bright(), config=QUICK))
    assert model.card.channel_weights is None


@pytest.mark.parametrize(("channels", "seen"), [((0, 3), 3), ((4, 0, 3), 3), ((4, 4), 4)])
def test_a_new_network_sees_the_colours_of_any_image(channels: tuple[int, ...], seen: int) -> None:
    images, labels = zip(*(picture(n) for n in channels), strict=True)
    model = run(finetune([i.astype(np.uint8) for i in images], list(labels), config=QUICK))
    assert model.config.in_channels == seen


def test_a_validation_set_scores_the_candidate() -> None:
    image, labels = picture()
    model = run(
        finetune(
            image, labels, model=tiny(), config=QUICK, complete=True, validation=([image], [labels])
        )
    )
    assert 0 <= model.card.metrics["ap50"] <= 1


def test_of_five_images_with_all_objects_one_is_held_back_and_its_mean_ap_decides() -> None:
    images, labels = zip(*(picture() for _ in range(5)), strict=True)
    teach = {"model": finds_what_is_bright(), "config": QUICK}
    model = run(finetune(list(images), list(labels), complete=True, **teach))
    assert model.card.training["held_back"] == 2
    assert next(iter(model.card.metrics)) == "mean_ap"
    four = run(finetune(list(images[:4]), list(labels[:4]), complete=True, **teach))
    assert next(iter(four.card.metrics)) == "holdout"


def test_a_volume_is_trained_and_segmented() -> None:
    labels = np.zeros((12, 24, 24), np.uint8)
    labels[2:10, 2:10, 2:10], labels[2:10, 14:22, 14:22] = 1, 2
    network = NetworkConfig.of(ndim=3, in_channels=1, features=(4, 8), embedding_dim=3, diameter=8)
    model = run(finetune(labels * 9.0, labels, network=network, config=QUICK, complete=True))
    found = run(segment(labels * 9.0, model))
    assert found.labels.shape == labels.shape
    assert found.axes == "ZYX"


def test_a_volume_is_taught_from_weights_for_planes() -> None:
    labels = np.zeros((12, 30, 24), np.uint8)
    for i in range(6):
        y, x = divmod(i, 2)
        labels[2:10, 1 + 10 * y : 9 + 10 * y, 2 + 12 * x : 10 + 12 * x] = i + 1
    start = tiny()
    harmful = QUICK.model_copy(update={"learning_rate": 1.0, "base_weight": 0.5})
    model = run(finetune(labels * 9.0, labels, model=start, config=harmful, complete=True))
    assert (model.config.ndim, model.config.embedding.dim) == (3, 3)
    assert model.card.training["start"] == "tiny"
    assert model.card.training["config"]["base_weight"] == 0  # of what never saw a volume
    assert model.card.description == "Trained on 6 objects in 1 image."
    assert run(segment(labels * 9.0, model)).labels.shape == labels.shape


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.zeros((40, 48), int), "No object is painted"),
        (np.zeros((4, 4), int), "image's shape"),
        (np.ones((40, 48), int), "one object"),
    ],
)
def test_labels_that_cannot_teach_are_told_before_training(labels: np.ndarray, words: str) -> None:
    with pytest.raises((InputError, TrainingDataError), match=words):
        next(finetune(picture()[0], labels, model=tiny(), config=QUICK))


def test_painted_objects_alone_are_enough() -> None:
    image, labels = picture()
    one = np.where(labels == 1, 1, 0)
    result = run(finetune(image, one, model=tiny(), config=QUICK))
    assert result.card.training["objects"] == 1


def test_objects_of_several_classes_are_learnt_and_told() -> None:
    image, labels = picture()
    network = NetworkConfig.of(in_channels=1, features=(4, 8), diameter=10, classes=2)
    model = run(
        finetune(image, labels, network=network, config=QUICK, complete=True, classes=[labels])
    )
    found = run(segment(image, model))
    assert found.classes is not None
    assert len(found.classes) == found.count
    with pytest.raises(InputError, match="classes 0 to 2"):
        next(finetune(image, labels, network=network, config=QUICK, classes=[labels * 3]))


def many() -> tuple[np.ndarray, np.ndarray]:
    """Six squares on black."""
    labels = np.zeros((48, 72), np.uint8)
    for i in range(6):
        y, x = divmod(i, 3)
        labels[6 + 24 * y : 18 + 24 * y, 6 + 24 * x : 18 + 24 * x] = i + 1
    return (labels > 0) * 200.0, labels


def test_a_fine_tuning_that_does_harm_keeps_the_start_and_says_so() -> None:
    image, labels = many()
    sure = {"clustering": clustering_config(seed_threshold=0.55)}
    shipped = load_model("generalist")
    start = Model(shipped.net, shipped.card.model_copy(update=sure))
    harmful = QUICK.model_copy(update={"learning_rate": 1.0, "steps": 3, "ema_decay": 0.0})
    model = run(finetune(image, labels, model=start, config=harmful, complete=True))
    assert "were kept" in model.card.description
    assert "holdout" in model.card.metrics
    assert model.card.training["held_back"] == 1
    learnt = model.learnt  # for a person to look at all the same
    assert learnt is not None
    assert learnt.card.training["kept_start"] is False
    assert learnt.card.description.startswith("Trained on 6 objects")
    assert learnt.card.metrics["holdout"] < model.card.metrics["holdout"]
    assert learnt.card.clustering.bandwidth is not None
    assert run(segment(image, learnt)).labels.shape == image.shape
    for name, weights in start.net.state_dict().items():
        assert (model.net.state_dict()[name] == weights).all()
    assert model.card.image_diameter == start.card.image_diameter  # it sees images as it did
    assert model.card.channel_weights == start.card.channel_weights
    assert model.card.clustering.seed_threshold == 0.55


def test_of_five_images_with_all_objects_labelled_one_judges_by_what_is_found_too_much_also() -> (
    None
):
    image, labels = many()
    harmful = QUICK.model_copy(update={"learning_rate": 1.0, "steps": 3, "ema_decay": 0.0})
    model = run(
        finetune([image] * 5, [labels] * 5, model="generalist", config=harmful, complete=True)
    )
    assert "were kept" in model.card.description
    assert "5 images" in model.card.description
    assert model.card.metrics["ap50"] > 0.5
    assert model.card.training["held_back"] == 6
    assert model.learnt is not None
    assert model.learnt.card.metrics["ap50"] < model.card.metrics["ap50"]


@pytest.mark.parametrize("given", [None, 1.25])
@pytest.mark.parametrize("kept", [True, False])
def test_the_bandwidth_of_the_start_stays_where_one_was_chosen(
    given: float | None, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tuned(*_: object, **__: object) -> Job[float]:
        yield Progress(1.0)
        return 1.5

    monkeypatch.setattr(taught, "tune_bandwidth", tuned)
    image, labels = many()
    shipped = load_model("generalist")
    chosen = {"clustering": shipped.card.clustering.changed(bandwidth=given)}
    start = Model(shipped.net, shipped.card.model_copy(update=chosen))
    harmful = QUICK.model_copy(update={"learning_rate": 1.0, "steps": 3, "ema_decay": 0.0})
    config = harmful if kept else harmful.model_copy(update={"holdout": 0.0})
    model = run(finetune(image, labels, model=start, config=config, complete=True))
    assert model.card.training["kept_start"] is kept
    assert model.card.clustering.bandwidth == (given or 1.5)


def test_a_network_just_taught_need_not_be_sure_of_middles() -> None:
    image, labels = picture()
    for asked, recommended in ((0.55, 0.4), (0.1, 0.1)):
        sure = ModelCard(
            name="sure", config=TINY, clustering=clustering_config(seed_threshold=asked)
        )
        model = run(finetune(image, labels, model=Model(tiny().net, sure), config=QUICK))
        assert model.card.clustering.seed_threshold == recommended


def test_few_objects_are_all_taught() -> None:
    image, labels = many()
    labels[labels > 4] = 0
    model = run(finetune(image, labels, model=tiny(), config=QUICK))
    assert (model.learnt, model.card.training["held_back"]) == (None, 0)
    assert "holdout" not in model.card.metrics
    assert model.card.description == "Trained on 4 objects in 1 image."


def test_the_same_seed_gives_the_same_new_network() -> None:
    image, labels = picture()
    states = [
        run(finetune(image, labels, network=TINY, config=QUICK, complete=True)).net.state_dict()
        for _ in range(2)
    ]
    assert all(torch.equal(v, states[1][k]) for k, v in states[0].items())
    drawn = torch.get_rng_state()
    run(finetune(image, labels, network=TINY, config=QUICK, complete=True))
    assert torch.equal(drawn, torch.get_rng_state())


def test_a_fourth_channel_of_a_stack_is_seen_and_alpha_is_not() -> None:
    image, labels = picture()
    start = load_model("generalist")  # of three channels
    unmixed = QUICK.model_copy(update={"tune_channel_weights": False})
    for axes, where, seen in (("CYX", 0, 4), ("YXC", -1, 3)):
        many = Image(np.stack([image] * 4, where), axes)
        model = run(finetune(many, labels, model=start, config=unmixed))
        assert model.config.in_channels == seen


def test_a_mix_of_other_channels_is_made_anew() -> None:
    image, labels = picture(2)
    grey = ModelCard(name="grey", config=TINY, channel_weights=(-1.0,))
    model = run(finetune(Image(image, "YXC"), labels, model=Model(tiny().net, grey), config=QUICK))
    assert model.card.channel_weights is None or len(model.card.channel_weights) == 2


@pytest.mark.parametrize(
    ("images", "truths"),
    [
        ([np.zeros((40, 48))], [np.zeros((4, 4), int)]),
        ([np.zeros((5, 40, 48))], [np.zeros((5, 40, 48), int)]),
        ([np.zeros((40, 48))] * 2, [np.zeros((40, 48), int)]),
    ],
)
def test_validation_images_that_do_not_fit_are_told_before_training(
    images: list[np.ndarray], truths: list[np.ndarray]
) -> None:
    image, labels = picture()
    with pytest.raises(InputError):
        next(finetune(image, labels, network=TINY, config=QUICK, validation=(images, truths)))


def test_objects_without_a_class_are_refused_where_there_are_several() -> None:
    image, labels = picture()
    network = NetworkConfig.of(in_channels=1, features=(4, 8), diameter=10, classes=2)
    for classes, words in ((None, "got none"), ([labels * (labels < 2)], "objects 2 have")):
        with pytest.raises(InputError, match=words):
            next(finetune(image, labels, network=network, config=QUICK, classes=classes))


def test_the_device_is_that_of_the_settings_wherever_something_is_computed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image, labels = many()
    asked: set[str] = set()
    choose = inference_run.choose_device

    def chosen(name: str) -> torch.device:
        asked.add(name)
        return choose(name)

    monkeypatch.setattr(inference_run, "choose_device", chosen)
    on_cpu = QUICK.model_copy(update={"device": "cpu"})
    run(finetune(image, labels, model=tiny(), config=on_cpu))
    assert asked == {"cpu"}


def test_a_fine_tuning_asked_to_finish_gives_the_model_so_far_with_its_bandwidth() -> None:
    image, labels = picture()
    seen: list[Progress] = []
    long = QUICK.model_copy(update={"steps": 1000})
    job = finetune(image, labels, model=tiny(), config=long, diameter=13.5)
    model = run(job, seen.append, finish=lambda: len(seen) == 2)
    assert (model.card.training["steps"], model.card.training["reason"]) == (2, "stopped")
    assert model.card.clustering.bandwidth is not None
    assert seen[-1].message == "bandwidth: clustering"


@pytest.mark.parametrize("ended", [False, True])
def test_what_was_learnt_is_not_lost_by_asking_for_the_end_as_the_bandwidth_is_chosen(
    ended: bool,
) -> None:
    image, labels = picture()
    seen: list[Progress] = []
    job = finetune(image, labels, model=tiny(), config=QUICK)
    model = run(job, seen.append, finish=lambda: ended and "bandwidth" in seen[-1].message)
    assert model.card.training["reason"] == "finished"
    assert model.card.clustering.bandwidth is not None


def test_a_preview_is_given_the_model_in_training_as_it_would_segment() -> None:
    image, labels = picture()
    seen: list[Progress] = []

    def preview(model: Model) -> Job[dict[str, object]]:
        found = yield from segment(image, model, diameter=model.image_diameter)
        return {"labels": found.labels}

    run(finetune(image, labels, model=tiny(), config=QUICK, preview=preview), seen.append)
    [labels_shown] = [p.data["labels"] for p in seen if p.data]
    assert labels_shown.shape == image.shape


def test_a_fine_tuning_goes_on_from_its_state_to_the_same_model(tmp_path: Path) -> None:
    image, labels = many()
    state = tmp_path / "t.state.safetensors"
    settings = QUICK.model_copy(update={"steps": 4, "checkpoint_every": 1e-6, "validations": 2})
    options = {"model": tiny(), "config": settings, "complete": True}
    whole = run(finetune(image, labels, **options))
    job = finetune(image, labels, state=state, **options)
    next(p for p in job if p.message.startswith("step 3"))
    job.close()
    resumed = run(finetune(image, labels, state=state, resume=True, **options))
    for name, weights in whole.net.state_dict().items():
        assert torch.equal(resumed.net.state_dict()[name], weights)
    assert resumed.card.metrics == whole.card.metrics
    assert resumed.card.clustering == whole.card.clustering
