"""``discembed segment``: label and count the objects of many images."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import numpy as np
import typer

from napari_discembed.cli.console import answer, answer_json, run_with_bar, say
from napari_discembed.cli.options import (
    AxesOption,
    DeviceOption,
    DiameterOption,
    JsonOption,
    ModelOption,
    OutputFolder,
)
from napari_discembed.cli.paths import Source, find_sources
from napari_discembed.config import ClusteringConfig, TilingConfig, clustering_config
from napari_discembed.errors import DiscembedError
from napari_discembed.text import pluralize
from napari_discembed.types import Image, IntArray

if TYPE_CHECKING:
    from napari_discembed.models import Model

RECORD = "segmentation.json"
Grouping: TypeAlias = Literal["density", "mean_shift", "greedy", "hdbscan"]
"""The methods that need no seeds."""
COLUMNS = (
    "image",
    "count",
    "frame",
    "mean_size",
    "total_size",
    "unit",
    "diameter",
    "model",
    "seconds",
)
SECONDS_BETWEEN_SAVES = 5.0


def segment(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files, globs, folders.")],
    output: OutputFolder,
    model: ModelOption = "generalist",
    diameter: DiameterOption = None,
    bandwidth: Annotated[
        float | None, typer.Option(metavar="B", help="Larger merges more. Default: the model's.")
    ] = None,
    merge_margin: Annotated[
        float | None, typer.Option(help="Modes nearer than this become one object.")
    ] = None,
    foreground: Annotated[
        float | None, typer.Option(help="Foreground probability, 0 to 1, an object needs.")
    ] = None,
    min_size: Annotated[int | None, typer.Option(help="Smallest object, in pixels.")] = None,
    method: Annotated[Grouping | None, typer.Option(help="How pixels are grouped.")] = None,
    axes: AxesOption = None,
    device: DeviceOption = "auto",
    tile: Annotated[int, typer.Option(help="Side of a tile, in pixels.")] = 1024,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Do again what is already done.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Label the objects of images and count them.

    Writes DIR/<path below the folder asked for>_labels.tif for each image and DIR/counts.csv; a
    model of several classes also *_classes.tif.
    What is done with the same model and settings is skipped; a bad file is reported and the
    others go on.
    """
    from napari_discembed.models import load_model

    loaded = load_model(model)
    asked = {
        "bandwidth": bandwidth,
        "merge_margin": merge_margin,
        "foreground_threshold": foreground,
        "min_size": min_size,
        "method": method,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    config: ClusteringConfig = loaded.card.clustering
    if method is not None:
        config = config.with_method(method)
        del given["method"]
    config = clustering_config(**{**config.model_dump(), **given})
    job = _Job(loaded, diameter, config, TilingConfig(size=tile, device=device), axes)
    sources = find_sources(paths)
    results = _Results(output)
    failed = _segment_all(sources, job, results, overwrite=overwrite)
    _report(sources, results, failed, as_json=as_json)
    if failed:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Job:
    """What is done to each image."""

    model: Model
    diameter: float | None
    config: ClusteringConfig
    tile: TilingConfig
    axes: str | None

    def settings(self, path: Path) -> str:
        """Return a hash of all that the labels of a file depend on."""
        stat = path.stat()
        parts = [
            self.model.card.weights_sha256,
            self.diameter,
            self.config.model_dump_json(),
            self.axes,
            stat.st_size,
            stat.st_mtime_ns,
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


@dataclass(slots=True)
class _Results:
    """What is done: the rows of counts.csv and the settings behind them, by image.

    Kept in segmentation.json beside the labels.
    """

    folder: Path
    done: dict[str, dict[str, Any]] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)
    saved_at: float = 0.0

    def __post_init__(self) -> None:
        self.done = self._on_disk()

    def _on_disk(self) -> dict[str, dict[str, Any]]:
        record = self.folder / RECORD
        try:
            return dict(json.loads(record.read_text())) if record.exists() else {}
        except (ValueError, TypeError):
            say(f"{record} cannot be read; its images are done again.")
            return {}

    def add(self, source: Source, settings: str, rows: list[dict[str, Any]]) -> None:
        """Take up an image that was done."""
        key = source.relative.as_posix()
        self.own.add(key)
        written = self.labels_path(source).stat().st_mtime_ns
        self.done[key] = {"settings": settings, "rows": rows, "written": written}

    def labels_path(self, source: Source) -> Path:
        """Return where the labels of an image go."""
        return self.folder / f"{source.relative.as_posix()}_labels.tif"

    def is_done(self, source: Source, settings: str) -> bool:
        """Tell whether the labels are there, made with the same settings from the same file."""
        record = self.done.get(source.relative.as_posix(), {})
        return record.get("settings") == settings and self.labels_path(source).exists()

    def is_foreign(self, source: Source) -> bool:
        """Tell whether labels are there that are not ours, or were changed since."""
        from napari_discembed.io.labels import is_ours

        target = self.labels_path(source)
        if not target.exists():
            return False
        record = self.done.get(source.relative.as_posix())
        if record is None:  # as after a run that was killed
            return not is_ours(target)
        return record.get("written", target.stat().st_mtime_ns) != target.stat().st_mtime_ns

    def save(self) -> None:
        """Write counts.csv and the record, each in one go."""
        from napari_discembed.files import atomic_path
        from napari_discembed.io.tables import write_table

        # Another run may have written into the folder meanwhile.
        self.done |= {k: v for k, v in self._on_disk().items() if k not in self.own}
        rows = [row for name in sorted(self.done) for row in self.done[name]["rows"]]
        write_table(self.folder / "counts.csv", {c: [row[c] for row in rows] for c in COLUMNS})
        with atomic_path(self.folder / RECORD) as partial:
            partial.write_text(json.dumps(self.done, indent=1, sort_keys=True))
        self.saved_at = time.monotonic()

    @contextmanager
    def saved_at_the_end(self) -> Iterator[None]:
        """Save whatever is there when the block ends, an interruption included."""
        try:
            yield
        finally:
            self.save()


def _segment_all(
    sources: list[Source], job: _Job, results: _Results, *, overwrite: bool
) -> dict[str, str]:
    failed: dict[str, str] = {}
    written: dict[Path, Path] = {}
    results.folder.mkdir(parents=True, exist_ok=True)
    with results.saved_at_the_end():
        for i, source in enumerate(sources):
            target = results.labels_path(source)
            title = f"[{i + 1}/{len(sources)}] {source.relative.as_posix()}"
            try:
                if target in written:
                    raise DiscembedError(
                        f"{written[target].name} and {source.path.name} would both be written "
                        f"to {target}. Rename one of them."
                    )
                written[target] = source.path
                settings = job.settings(source.path)
                if results.is_done(source, settings) and not overwrite:
                    continue
                if results.is_foreign(source) and not overwrite:
                    raise DiscembedError(
                        f"{target} is there, painted or changed by someone. Choose another "
                        "--output, or say --overwrite to replace it."
                    )
                rows = _segment_one(source, target, job, title)
            except (DiscembedError, OSError, MemoryError, ValueError, RuntimeError) as error:
                failed[str(source.path)] = str(error) or type(error).__name__
                say(f"error: {source.path}: {failed[str(source.path)]}")
                continue
            results.add(source, settings, rows)
            say(f"{title}: {pluralize(sum(row['count'] for row in rows), 'object')}")
            if time.monotonic() - results.saved_at > SECONDS_BETWEEN_SAVES:
                results.save()
    return failed


def _segment_one(source: Source, target: Path, job: _Job, title: str) -> list[dict[str, Any]]:
    from napari_discembed import pipeline
    from napari_discembed.io.images import read_image
    from napari_discembed.io.labels import write_labels

    started = time.monotonic()
    image = read_image(source.path, axes=job.axes)
    work = pipeline.segment(image, job.model, diameter=job.diameter, config=job.config, tile=job.tile)
    result = run_with_bar(work, title)
    target.parent.mkdir(parents=True, exist_ok=True)
    axes = "".join(a for a in "TZYX" if a in image.axes)
    files = {target: result.labels}
    if result.class_image is not None:
        files[target.with_name(target.name.replace("_labels", "_classes"))] = result.class_image
    for path, pixels in files.items():
        write_labels(path, pixels, pixel_size=result.pixel_size, unit=result.unit, axes=axes)
    row = {
        "image": f"{source.relative.as_posix()}{source.path.suffix}",
        "diameter": round(result.provenance.config["diameter"], 1),
        "model": job.model.card.name,
        "seconds": round(time.monotonic() - started, 3),
        "labels": f"{source.relative.as_posix()}_labels.tif",
    }
    frames = result.labels if "T" in image.axes else result.labels[None]
    return [
        row | _sizes(labels, image) | ({"frame": t} if "T" in image.axes else {"frame": None})
        for t, labels in enumerate(frames)
    ]


def _sizes(labels: IntArray, image: Image) -> dict[str, Any]:
    """Return the count and the sizes of the objects, in physical units."""
    from napari_discembed.imaging import object_sizes

    sizes = object_sizes(labels) * float(np.prod(image.pixel_size))
    return {
        "count": len(sizes),
        "mean_size": float(sizes.mean()) if len(sizes) else 0.0,
        "total_size": float(sizes.sum()),
        "unit": f"{image.unit}^{len(image.spatial_axes)}",
    }


def _report(
    sources: list[Source], results: _Results, failed: Mapping[str, str], *, as_json: bool
) -> None:
    keys = [s.relative.as_posix() for s in sources if str(s.path) not in failed]
    rows = [row for key in keys for row in results.done[key]["rows"]]
    if as_json:
        answer_json({"output": str(results.folder), "images": rows, "failed": dict(failed)})
        return
    total = sum(row["count"] for row in rows)
    found = f"{pluralize(total, 'object')} in {pluralize(len(keys), 'image')}"
    answer(f"{found}. Labels and counts.csv: {results.folder}")
    if failed:
        answer(f"{pluralize(len(failed), 'image')} failed.")
