"""Trainings on disk: what was asked, how far it is, and what came of it, in one folder each.

A training that was killed with the viewer, or with the computer, goes on from its folder.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_data_path
from pydantic import Field

from napari_discembed import clustering, pipeline
from napari_discembed.config import Config, TrainConfig
from napari_discembed.errors import FileFormatError
from napari_discembed.files import atomic_path
from napari_discembed.interaction import projection
from napari_discembed.models import Model, load_model, save_model
from napari_discembed.progress import Job, run
from napari_discembed.types import Embedding, Image, IntArray

REQUEST, STATE, MODEL, LOG = "request.json", "state.safetensors", "model.safetensors", "log.txt"
PREVIEW_SIDE = 512
POINTS_SHOWN = 3_000


class Request(Config):
    """What is asked of a training, images and labels apart."""

    name: str = Field(description="Of the new model.")
    start: str | None = Field(None, description="Name or file of the model to start from.")
    train: TrainConfig = Field(description="How to learn.")
    complete: bool = Field(False, description="Whether 0 in the labels means background.")
    background_label: int | None = Field(None, description="Number of the background scribble.")
    diameter: float | None = Field(None, description="Object diameter; None to measure it.")
    validation: int = Field(0, description="How many of the last pairs are for validation.")
    shown: int = Field(0, description="Which image the live preview shows.")


@dataclass(frozen=True, slots=True)
class Training:
    """A training in its folder."""

    folder: Path

    @property
    def request(self) -> Request:
        """What was asked.

        Raises
        ------
        FileFormatError
            If it cannot be read.
        """
        try:
            text = (self.folder / REQUEST).read_text()
            return Request.model_validate(json.loads(text)["request"])
        except (OSError, ValueError, KeyError) as error:
            raise FileFormatError(f"{self.folder}: no readable training.") from error

    @property
    def model_file(self) -> Path:
        """Where the model is, once there is one."""
        return self.folder / MODEL

    @property
    def log(self) -> Path:
        """What the process had to say."""
        return self.folder / LOG

    def can_resume(self) -> bool:
        """Tell whether it was interrupted after it had begun."""
        return (self.folder / STATE).exists() and not self.model_file.exists()

    def pairs(self) -> tuple[list[Image], list[IntArray]]:
        """Return images and labels."""
        described = json.loads((self.folder / REQUEST).read_text())["images"]
        images = [
            Image(
                np.load(self.folder / f"image_{i}.npy"),
                **{**d, "pixel_size": tuple(d["pixel_size"])},
            )
            for i, d in enumerate(described)
        ]
        return images, [np.load(self.folder / f"labels_{i}.npy") for i in range(len(images))]

    def discard(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def trainings_folder() -> Path:
    """Return where trainings lie."""
    return user_data_path("napari-discembed", appauthor=False) / "trainings"


def new_training(
    request: Request,
    images: Sequence[Image],
    labels: Sequence[IntArray],
    folder: Path | None = None,
) -> Training:
    """Write down a training, so that another process can do it.

    Parameters
    ----------
    request
        What is asked.
    images, labels
        Pairs, those for validation last.
    folder
        Where trainings lie; None for the user's data folder.
    """
    root = folder or trainings_folder()
    stamp = time.strftime("%Y%m%d-%H%M%S")
    target = root / f"{stamp}-{request.name}"
    for i in range(2, 1000):
        if not target.exists():
            break
        target = root / f"{stamp}-{request.name}-{i}"
    target.mkdir(parents=True)
    described = []
    for i, (image, painted) in enumerate(zip(images, labels, strict=True)):
        np.save(target / f"image_{i}.npy", image.data)
        np.save(target / f"labels_{i}.npy", painted)
        described.append(
            {
                "axes": image.axes,
                "pixel_size": image.pixel_size,
                "unit": image.unit,
                "name": image.name,
            }
        )
    with atomic_path(target / REQUEST) as partial:
        partial.write_text(
            json.dumps({"request": request.model_dump(mode="json"), "images": described}, indent=1)
        )
    return Training(target)


def interrupted(folder: Path | None = None) -> list[Training]:
    """Return the trainings that can go on, the latest first."""
    root = folder or trainings_folder()
    found = [Training(path.parent) for path in root.glob(f"*/{REQUEST}")]
    return sorted((t for t in found if t.can_resume()), key=lambda t: t.folder.name, reverse=True)


def train(folder: str, *, cancelled: Callable[[], bool] = lambda: False) -> Job[str]:
    """Do a training, from where it stands; a job of the path of its model.

    The progress's `data` is now and then a :class:`Look` at the network, under ``"look"``.
    """
    training = Training(Path(folder))
    request = training.request
    images, labels = training.pairs()
    taught = len(images) - request.validation
    shown = min(request.shown, taught - 1)
    start = None if request.start is None else load_model(request.start)
    job = pipeline.fit(
        images[:taught],
        labels[:taught],
        model=start,
        config=request.train,
        complete=request.complete,
        background_label=request.background_label,
        diameter=request.diameter,
        validation=(images[taught:], labels[taught:]) if request.validation else None,
        name=request.name,
        cancelled=cancelled,
        state=training.folder / STATE,
        resume=True,
        watch=_Looker(images[shown], labels[shown], request.background_label),
    )
    model = yield from job
    save_model(training.model_file, model)
    (training.folder / STATE).unlink(missing_ok=True)
    return str(training.model_file)


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What the network makes of an image at one moment of its training.

    Attributes
    ----------
    labels
        ``(*S)`` of the part of the image that `corner` begins.
    corner
        First pixel of that part.
    points
        ``(P, 2)``: painted pixels in embedding space, two components or channels.
    owners
        ``(P,)``: the label each was painted with.
    means
        ``(N, 2)``: of each painted object.
    pull, push
        Margins.
    """

    labels: IntArray
    corner: tuple[int, ...]
    points: NDArray[np.float32]
    owners: NDArray[np.int64]
    means: NDArray[np.float32]
    pull: float
    push: float


class _Looker:
    """Look at the network in training through one image, or the most painted part of it."""

    def __init__(self, image: Image, painted: IntArray, background_label: int | None) -> None:
        self.painted = np.where(painted == background_label, 0, painted)
        window = _window(self.painted)
        spatial = dict(zip(image.spatial_axes, window, strict=True))
        part = image.data[tuple(spatial.get(a, slice(None)) for a in image.axes)]
        self.image = Image(part, image.axes, image.pixel_size, image.unit, image.name)
        self.painted = self.painted[window]
        self.corner = tuple(w.start for w in window)
        self.before: projection.Projection | None = None

    def __call__(self, model: Model) -> Mapping[str, Any]:
        embedding = run(pipeline.embed(self.image, model))
        found = clustering.prepare(embedding)
        knobs = model.card.cluster
        labels = clustering.to_image_grid(
            clustering.cluster_prepared(found, knobs), embedding, knobs.foreground_threshold
        )
        points, owners, means = self._points(embedding)
        margins = embedding.margins
        look = Look(
            labels.astype(np.int32), self.corner, points, owners, means, margins.pull, margins.push
        )
        return {"look": look}

    def _points(
        self, embedding: Embedding
    ) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32]]:
        from napari_discembed.preprocess import resample_labels

        owners = resample_labels(self.painted, embedding.shape).ravel().astype(np.int64)
        pixels = np.flatnonzero(owners > 0)
        if len(pixels) > POINTS_SHOWN:
            pixels = np.random.default_rng(0).choice(pixels, POINTS_SHOWN, replace=False)
        points, owners = projection.points_at(embedding, pixels), owners[pixels]
        if embedding.dim != 2:
            self.before = projection.principal(points, 2, self.before)
            points = self.before(points)
        names, number = np.unique(owners, return_inverse=True)
        count = np.maximum(np.bincount(number, minlength=len(names)), 1)
        means = [np.bincount(number, weights=p, minlength=len(names)) / count for p in points]
        return (
            points.T.astype(np.float32),
            owners,
            np.stack(means, axis=1).astype(np.float32),
        )


def _window(painted: IntArray) -> tuple[slice, ...]:
    """Return the part to look at: all of a small image, else around the middle of the paint."""
    where = np.argwhere(painted > 0)
    middle = np.median(where, axis=0) if len(where) else np.array(painted.shape) / 2
    side = PREVIEW_SIDE if painted.ndim == 2 else 96
    starts = [
        int(np.clip(m - side // 2, 0, max(0, n - side)))
        for m, n in zip(middle, painted.shape, strict=True)
    ]
    return tuple(slice(s, min(s + side, n)) for s, n in zip(starts, painted.shape, strict=True))
