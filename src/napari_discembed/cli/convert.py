"""``discembed convert``: objects between label images and the formats of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

from napari_discembed.cli.console import answer, answer_json, say, say_failure
from napari_discembed.cli.options import JsonOption
from napari_discembed.errors import DiscembedError, InputError
from napari_discembed.text import pluralize

if TYPE_CHECKING:
    from napari_discembed.batch.conversion import Conversion, Converted, Format

To: TypeAlias = Literal["labels", "roi", "geojson", "coco", "csv", "parquet"]
Overlaps: TypeAlias = Literal["score", "smallest", "largest", "first", "last"]


def convert(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Label images, ROIs of ImageJ (.zip, .roi), GeoJSON, COCO; or folders of them.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="DIR|FILE", help="Folder or file to write."),
    ],
    to: Annotated[
        To | None,
        typer.Option(
            help="Label images, ROIs for Fiji, GeoJSON for QuPath, COCO, or a table of the "
            "objects. Default: as FILE ends."
        ),
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE|DIR",
            help="The image, or images of the same names: they say how large an image is where a "
            "file does not, its pixel size, and intensities for tables.",
        ),
    ] = None,
    overlaps: Annotated[
        Overlaps | None,
        typer.Option(
            help="labels: which object keeps the pixels that several share. Default: the one of "
            "the highest score, without scores the smallest."
        ),
    ] = None,
    annotations: Annotated[
        bool,
        typer.Option(
            "--annotations", help="geojson: annotations for editing, in place of detections."
        ),
    ] = False,
    polygons: Annotated[
        bool,
        typer.Option(
            "--polygons", help="coco: outlines where an object has no hole, not run lengths."
        ),
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Convert objects: label images to ROIs, GeoJSON, COCO or tables, and these to label images.

    Writes a file an image, below DIR; coco, csv and parquet are one for all, DIR/objects.json.
    A bad file is reported and the others go on.
    """
    from napari_discembed.batch.conversion import Conversion
    from napari_discembed.batch.object_files import ImageFiles, find_object_files

    kind = _format(to, output)
    _check_options(kind, overlaps=overlaps, annotations=annotations, polygons=polygons)
    conversion = Conversion(
        kind,
        output,
        ImageFiles.of(images),
        overlaps,
        annotations=annotations,
        polygons=polygons,
        overwrite=overwrite,
    )
    done: list[Converted] = []
    failed: dict[str, str] = {}
    for source in find_object_files(paths):
        try:
            found = conversion.convert(source)
        except (DiscembedError, OSError, MemoryError) as error:
            failed[str(source.path)] = str(error) or type(error).__name__
            say_failure(source.path, failed[str(source.path)])
            continue
        done += found
        for each in found:
            _tell(each)
    conversion.finish()
    _report(conversion, done, failed, as_json=as_json)
    if failed:
        raise typer.Exit(1)


def _format(to: To | None, output: Path) -> Format:
    from napari_discembed.batch.conversion import Format

    if to is not None:
        return Format(to)
    for kind in Format:
        if output.suffix.lower() == kind.suffix:
            return kind
    raise InputError(
        f"Expected --to {', '.join(Format)}, or an --output that ends as these do, got {output}."
    )


def _check_options(kind: Format, **given: object) -> None:
    """Refuse options that another format than the one to be written reads."""
    of = {"overlaps": "labels", "annotations": "geojson", "polygons": "coco"}
    for name, value in given.items():
        if value and of[name] != kind:
            raise InputError(f"--{name} is for --to {of[name]}; {kind} knows no such thing.")


def _tell(each: Converted) -> None:
    name, n = each.instances.name, len(each.instances)
    say(f"{name}: {pluralize(n, 'object')}")
    if each.overlapping:
        lost = f"; {pluralize(each.lost, 'object')} lost: no pixel left" if each.lost else ""
        say(
            f"note: {name}: {pluralize(each.overlapping, 'pair')} of objects overlap, one of each "
            f"keeps the pixels (--overlaps){lost}."
        )


def _report(
    conversion: Conversion, done: list[Converted], failed: dict[str, str], *, as_json: bool
) -> None:
    rows = [
        {
            "image": each.instances.name,
            "count": len(each.instances),
            "overlapping": each.overlapping,
            "lost": each.lost,
        }
        for each in done
    ]
    if as_json:
        answer_json({"output": str(conversion.output), "images": rows, "failed": failed})
        return
    total = sum(len(each.instances) for each in done)
    found = f"{pluralize(total, 'object')} of {pluralize(len(done), 'image')}"
    answer(f"{found} as {conversion.format}: {conversion.output}")
    if failed:
        answer(f"{pluralize(len(failed), 'file')} failed.")
