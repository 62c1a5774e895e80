"""What files of many kinds mean, and what is read: a row a kind."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image as Picture

from napari_discembed.errors import FileFormatError, FileNote, InputError
from napari_discembed.io.images import read_image
from napari_discembed.io.labels import read_labels
from napari_discembed.io.readers import list_series

GREY = np.arange(10, 82, dtype=np.uint8).reshape(8, 9)
DEEP = (GREY.astype(np.uint16) * 256) + 1
STACK = np.stack([GREY, GREY + 1, GREY + 2])
COLOUR = np.dstack([GREY, GREY + 50, GREY + 100])
PALETTE = np.zeros((3, 256), np.uint16)
PALETTE[:, 10] = np.array([200, 100, 50]) * 257
GREEN = np.zeros((3, 256), np.uint16)
GREEN[1] = np.arange(256) * 257
UP = {"metadata": None}
Make = Callable[[Path], Any]


@dataclass(frozen=True)
class Row:
    """A kind of file.

    Attributes
    ----------
    name
        Of the file.
    make
        Writes it.
    axes, shape, first
        Of what is read, and its first value.
    size, unit
        Of a pixel.
    note
        Pattern of what is said; empty for nothing.
    notes
        How many such sentences.
    """

    name: str
    make: Make
    axes: str
    shape: tuple[int, ...]
    first: Any
    size: tuple[float, ...] = (1.0,)
    unit: str = "pixel"
    note: str = ""
    notes: int = 1


def tiff(pixels: np.ndarray = GREY, **options: Any) -> Make:
    return lambda path: tifffile.imwrite(path, pixels, **options)


def grey_tiff(pixels: np.ndarray = GREY, **options: Any) -> Make:
    return tiff(pixels, photometric="minisblack", **options)


def imagej(pixels: np.ndarray = GREY, *, scale: float = 4.0, **metadata: Any) -> Make:
    return tiff(pixels, imagej=True, resolution=(scale, scale), metadata=metadata)


def ome(pixels: np.ndarray = GREY, **metadata: Any) -> Make:
    """Return a maker of an OME file; the texts of `metadata` are written as they are."""

    def make(path: Path) -> None:
        numbers = {k: f"8{i}7654.5" for i, k in enumerate(metadata) if k.startswith("Physical")
                   and not k.endswith("Unit")}  # fmt: skip
        tifffile.imwrite(path, pixels, ome=True, photometric="minisblack",
                         metadata={**metadata, **numbers})  # fmt: skip
        raw = path.read_bytes()
        for name, number in numbers.items():
            # Of equal length, so that the file's offsets hold.
            wanted = str(metadata[name]).encode().ljust(len(number))
            raw = raw.replace(number.encode(), wanted)
        path.write_bytes(raw)

    return make


def oriented(number: int) -> Make:
    return tiff(extratags=[(274, "H", 1, number, True)])


def picture(pixels: np.ndarray = GREY, mode: str | None = None, **options: Any) -> Make:
    def make(path: Path) -> None:
        image = Picture.fromarray(pixels)
        (image.convert(mode) if mode else image).save(path, **options)

    return make


def palette_picture(path: Path) -> None:
    image = Picture.fromarray(np.full((8, 9), 10, np.uint8), mode="P")
    image.putpalette([*([0] * 30), 200, 100, 50])
    image.save(path)


def phone(orientation: int) -> Make:
    def make(path: Path) -> None:
        exif = Picture.Exif()
        exif[274] = orientation
        half = np.zeros((16, 32), np.uint8)
        half[:, 16:] = 200  # the right half is bright as stored
        Picture.fromarray(half).save(path, exif=exif, quality=95)

    return make


def film(path: Path) -> None:
    frames = [Picture.fromarray(np.full((8, 9), v, np.uint8)) for v in (40, 80, 120)]
    frames[0].save(path, save_all=True, append_images=frames[1:], **(
        {"lossless": True} if path.suffix == ".webp" else {}))  # fmt: skip


def renamed(suffix: str, make: Make) -> Make:
    def write(path: Path) -> None:
        make(path.with_suffix(suffix))
        path.with_suffix(suffix).rename(path)

    return write


def with_alpha(path: Path) -> None:
    pixels = np.dstack([GREY, np.full_like(GREY, 255)])
    tifffile.imwrite(path, pixels, photometric="minisblack", planarconfig="contig",
                     extrasamples=["unassalpha"])  # fmt: skip


def deep_png(path: Path) -> None:
    import imagecodecs

    path.write_bytes(imagecodecs.png_encode(np.dstack([DEEP, DEEP + 1, DEEP + 2])))


def inks(path: Path) -> None:
    pixels = np.zeros((8, 9, 4), np.uint8)
    pixels[..., 0], pixels[..., 3] = 255, 51  # cyan, and a fifth of black
    tifffile.imwrite(path, pixels, photometric="separated")


def two_series(path: Path) -> None:
    with tifffile.TiffWriter(path) as file:
        file.write(GREY)
        file.write(np.zeros((4, 5), np.uint16))


def pyramid(path: Path) -> None:
    with tifffile.TiffWriter(path, ome=True) as file:
        file.write(np.tile(GREY, (4, 4)), subifds=1, metadata={"axes": "YX"})
        file.write(np.tile(GREY, (2, 2)), subfiletype=1)


def thumbnail_first(path: Path) -> None:
    with tifffile.TiffWriter(path) as file:
        file.write(GREY[::2, ::2], subfiletype=1, metadata=None)
        file.write(GREY, metadata=None)


def pages_left(description: str) -> Make:
    return grey_tiff(STACK, description=description, metadata=None)


def ome_of_one_plane(path: Path) -> None:
    ome(STACK, axes="TYX")(path)
    path.write_bytes(path.read_bytes().replace(b'SizeT="3"', b'SizeT="1"'))


def tagged(code: int, kind: str, value: Any, **options: Any) -> Make:
    count = 0 if isinstance(value, str) else len(value)
    return tiff(metadata=None, extratags=[(code, kind, count, value, True)], **options)


METAMORPH = (
    '<MetaData><PlaneInfo><prop id="spatial-calibration-state" type="bool" value="{state}"/>'
    '<prop id="spatial-calibration-x" type="float" value="0.25"/>'
    '<prop id="spatial-calibration-y" type="float" value="0.5"/>'
    '<prop id="spatial-calibration-units" type="string" value="um"/></PlaneInfo></MetaData>'
)


def metamorph(state: str) -> Make:
    return tiff(metadata=None, software="MetaSeries", description=METAMORPH.format(state=state))


def geotiff(unit: int, model: int = 1) -> Make:
    """Return a maker of a map with pixels of 0.25 units; 9001 are metres."""
    keys = (1, 1, 0, 2, 1024, 0, 1, model, 3076, 0, 1, unit)
    tags = [(33550, "d", 3, (0.25, 0.25, 0.0), True), (34735, "H", len(keys), keys, True)]
    return tiff(metadata=None, extratags=tags)


ZEISS = "\r\n".join([*["0"] * 10, "AP_IMAGE_PIXEL_SIZE", "Image Pixel Size = 0.25 nm", ""])
FEI = "[Scan]\nPixelWidth=2.5e-7\nPixelHeight=5e-7\n"


def pages_of(*options: dict[str, Any]) -> Make:
    def make(path: Path) -> None:
        with tifffile.TiffWriter(path) as file:
            for each in options:
                file.write(GREY, metadata=None, **each)

    return make


def sparse(path: Path) -> None:
    tiles = iter([np.full((16, 16), 7, np.uint8), None])
    tifffile.imwrite(path, tiles, shape=(16, 32), dtype=np.uint8, tile=(16, 16), metadata=None,
                     compression="zlib")  # fmt: skip


def film_with_still(path: Path) -> None:
    frames = [Picture.fromarray(np.full((8, 9), v, np.uint8)) for v in (40, 80, 120)]
    frames[0].save(path, save_all=True, append_images=frames[1:], default_image=True)


COMPANION = (
    '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
    'UUID="urn:uuid:1"><BinaryOnly MetadataFile="x.companion.ome" UUID="urn:uuid:2"/></OME>'
)
UM = "micrometer"
PLAIN = ("YX", (8, 9), 10)
ROWS = [
    Row("plain.tif", tiff(), *PLAIN),
    Row("compressed.tif", tiff(compression="zlib"), *PLAIN),
    Row("tiles.tif", tiff(np.tile(GREY, (2, 2)), tile=(16, 16)), "YX", (16, 18), 10),
    Row("big.tif", tiff(bigtiff=True), *PLAIN),
    Row("big.btf", tiff(bigtiff=True), *PLAIN),
    Row("endian.tif", tiff(DEEP, byteorder=">"), "YX", (8, 9), 2561),
    Row("mask.tif", tiff(GREY > 50), "YX", (8, 9), False),
    Row("float.tif", tiff(GREY / np.float32(4)), "YX", (8, 9), 2.5),
    Row("pages.tif", grey_tiff(STACK, metadata=None), "ZYX", (3, 8, 9), 10),
    Row("shaped.tif", grey_tiff(STACK, metadata={"axes": "TYX"}), "TYX", (3, 8, 9), 10),
    Row("stack.lsm", grey_tiff(STACK), "ZYX", (3, 8, 9), 10),
    Row("stack.stk", grey_tiff(STACK), "ZYX", (3, 8, 9), 10),
    Row("stack.btf", grey_tiff(STACK, bigtiff=True), "ZYX", (3, 8, 9), 10),
    Row("stack.unknown", grey_tiff(STACK), "ZYX", (3, 8, 9), 10),
    Row("film.gif", film, "TYX", (3, 8, 9), 40),
    Row("film.png", film, "TYX", (3, 8, 9), 40),
    Row("film.webp", film, "TYX", (3, 8, 9), 40),
    Row("still.gif", picture(), "YXC", (8, 9, 3), (10, 10, 10)),
    # colours
    Row("rgb.tif", tiff(COLOUR, photometric="rgb"), "YXC", (8, 9, 3), (10, 60, 110)),
    Row("planar.tif", tiff(COLOUR.transpose(2, 0, 1), photometric="rgb", planarconfig="separate"),
        "YXC", (8, 9, 3), (10, 60, 110)),
    Row("rgba.tif", tiff(np.dstack([COLOUR, GREY]), photometric="rgb",
        extrasamples=["unassalpha"]), "YXC", (8, 9, 4), (10, 60, 110, 10)),
    Row("fourth.tif", tiff(np.dstack([COLOUR, GREY]), photometric="rgb",
        extrasamples=["unspecified"]), "CYX", (4, 8, 9), 10),
    Row("channels.tif", grey_tiff(np.dstack([COLOUR, GREY]), planarconfig="contig"),
        "CYX", (4, 8, 9), 10),
    Row("alpha.tif", with_alpha, *PLAIN),
    Row("white.tif", tiff(photometric="miniswhite"), "YX", (8, 9), 245),
    Row("white16.tif", tiff(DEEP, photometric="miniswhite"), "YX", (8, 9), 65535 - 2561),
    Row("fax.tif", picture((GREY > 9).astype(np.uint8) * 255, "1", tiffinfo={262: 0}), "YX",
        (8, 9), True),
    Row("palette.tif", tiff(photometric="palette", colormap=PALETTE), "YXC", (8, 9, 3),
        (200, 100, 50)),
    Row("lut.tif", tiff(photometric="palette", colormap=GREEN, description="ImageJ=1.53t\n",
        metadata=None), *PLAIN),
    Row("cmyk.tif", inks, "YXC", (8, 9, 3), (0, 204, 204)),
    Row("palette.png", palette_picture, "YXC", (8, 9, 3), (200, 100, 50)),
    Row("palette.gif", palette_picture, "YXC", (8, 9, 3), (200, 100, 50)),
    Row("deep.png", picture(DEEP), "YX", (8, 9), 2561),
    Row("deep_rgb.png", deep_png, "YXC", (8, 9, 3), (2561, 2562, 2563)),
    Row("bit.png", picture((GREY > 9).astype(np.uint8) * 255, "1"), "YX", (8, 9), True),
    # turned
    Row("turned3.tif", oriented(3), "YX", (8, 9), 81),
    Row("turned6.tif", oriented(6), "YX", (9, 8), 73),
    Row("turned8.tif", oriented(8), "YX", (9, 8), 18),
    Row("upright.jpg", phone(1), "YX", (16, 32), 0),
    Row("phone6.jpg", phone(6), "YX", (32, 16), 0),
    Row("phone8.jpg", phone(8), "YX", (32, 16), 200),
    # what the name does not say
    Row("picture.tif", renamed(".png", picture()), *PLAIN),
    Row("tiff.png", renamed(".tif", tiff()), *PLAIN),
    Row("array.tif", renamed(".npy", lambda path: np.save(path, GREY)), *PLAIN),
    # pixel sizes
    Row("um.tif", imagej(unit="um"), *PLAIN, (0.25, 0.25), UM),
    Row("escaped.tif", imagej(unit="\\u00B5m"), *PLAIN, (0.25, 0.25), UM),
    Row("microns.tif", imagej(unit="microns"), *PLAIN, (0.25, 0.25), UM),
    Row("nm.tif", imagej(unit="nm"), *PLAIN, (0.25, 0.25), "nanometer"),
    Row("inches.tif", imagej(unit="inches"), *PLAIN, (0.25, 0.25), "inch"),
    Row("lost.tif", imagej(unit="?m"), *PLAIN, note=r"its unit of length, '\?m', is none"),
    Row("pixels.tif", imagej(unit="pixels"), *PLAIN),
    Row("depth.tif", imagej(STACK, unit="um", spacing=2.0, axes="ZYX"), "ZYX", (3, 8, 9), 10,
        (2.0, 0.25, 0.25), UM),
    Row("depth0.tif", imagej(STACK, unit="um", spacing=0.0, axes="ZYX"), "ZYX", (3, 8, 9), 10,
        note="Z = 0.0, cannot be one"),
    Row("depth0_flat.tif", imagej(unit="um", spacing=0.0), *PLAIN, (0.25, 0.25), UM),
    Row("zunit.tif", imagej(STACK, unit="um", spacing=500.0, zunit="nm", axes="ZYX"), "ZYX",
        (3, 8, 9), 10, (0.5, 0.25, 0.25), UM),
    Row("printer.tif", tiff(resolution=(300, 300), resolutionunit="INCH"), *PLAIN),
    Row("printer_cm.tif", tiff(resolution=(118.11, 118.11), resolutionunit="CENTIMETER"), *PLAIN),
    Row("scope.tif", tiff(resolution=(40_000, 20_000), resolutionunit="CENTIMETER"), *PLAIN,
        (0.5, 0.25), UM),
    Row("scope_turned.tif", tiff(resolution=(40_000, 20_000), resolutionunit="CENTIMETER",
        extratags=[(274, "H", 1, 6, True)]), "YX", (9, 8), 73, (0.25, 0.5), UM),
    Row("scope_inch.tif", tiff(resolution=(101_600, 101_600), resolutionunit="INCH"), *PLAIN,
        (0.25, 0.25), UM),
    Row("size.ome.tif", ome(PhysicalSizeX="0.25", PhysicalSizeY="0.5"), *PLAIN, (0.5, 0.25), UM),
    Row("nm.ome.tif", ome(PhysicalSizeX="250", PhysicalSizeXUnit="nm", PhysicalSizeY="250",
        PhysicalSizeYUnit="nm"), *PLAIN, (0.25, 0.25), UM),
    Row("frame.ome.tif", ome(PhysicalSizeX="3", PhysicalSizeXUnit="reference frame"), *PLAIN),
    Row("one.ome.tif", ome(PhysicalSizeX="0.25"), *PLAIN, (0.25, 0.25), UM, "taken as along X"),
    Row("flat.ome.tif", ome(STACK, axes="ZYX", PhysicalSizeX="0.25", PhysicalSizeY="0.25"), "ZYX",
        (3, 8, 9), 10, (0.25,) * 3, UM, "along Z: taken as along X"),
    *(
        Row(f"bad{i}.ome.tif", ome(PhysicalSizeX=text, PhysicalSizeY=text), *PLAIN,
            note="cannot be one: sizes are in pixels")
        for i, text in enumerate(["0", "-1", "NaN", "0,25", "INF", "1e99", "none", "", "1e-30"])
    ),
    Row("wide.ome.tif", ome(PhysicalSizeX="0.25", PhysicalSizeY="9999"), *PLAIN,
        note="X = 0.25 .* and Y = 9999"),
    # pixel sizes as programs of microscopes, scanners and maps write them
    Row("metamorph.tif", metamorph("on"), *PLAIN, (0.5, 0.25), UM),
    Row("metamorph_off.tif", metamorph("off"), *PLAIN, note="a MetaMorph file, of which no pixel"),
    Row("fei.tif", tagged(34682, "s", FEI), *PLAIN, (5e-7, 2.5e-7), "meter"),
    Row("fei_none.tif", tagged(34682, "s", "[Scan]\nDwell=1\n"), *PLAIN, note="an FEI microscope"),
    Row("zeiss.tif", tagged(34118, "s", ZEISS), *PLAIN, (0.25, 0.25), "nanometer"),
    Row("manager.tif", tagged(51123, "s", '{"PixelSizeUm": 0.25}'), *PLAIN, (0.25, 0.25), UM),
    Row("manager0.tif", tagged(51123, "s", '{"PixelSizeUm": 0}'), *PLAIN,
        note="a Micro-Manager file, of which no"),
    Row("map.tif", geotiff(9001), *PLAIN, (0.25, 0.25), "meter"),
    Row("map_feet.tif", geotiff(9002), *PLAIN, (0.25, 0.25), "foot"),
    Row("map_degrees.tif", geotiff(0, 2), *PLAIN, note=r"a map \(GeoTIFF\), of which no pixel"),
    Row("slide.tif", tiff(metadata=None, software="PerkinElmer-QPI",
        description="<PerkinElmer-QPI-ImageDescription/>"), *PLAIN, note="a PerkinElmer slide"),
    Row("nodata.tif", tagged(42113, "s", "10"), *PLAIN, note="its number for no data, 10, is read"),
    # pages of a stack that differ
    Row("scales.tif", pages_of(*({"resolution": (s, s), "resolutionunit": 3} for s in (2e4, 4e4))),
        "ZYX", (2, 8, 9), 10, (0.5,) * 3, UM, "pixels of different sizes|along Z: taken", 2),
    Row("turned_stack.tif", grey_tiff(STACK, metadata=None,
        extratags=[(274, "H", 1, 6, True)]), "ZYX", (3, 9, 8), 73),
    # several pictures
    Row("film_with_still.png", film_with_still, "TYX", (2, 8, 9), 80,
        note="its still picture, which is no part of the film"),
    Row("two.tif", two_series, *PLAIN, note="it holds 2 pictures; number 0"),
    Row("thumbnail.tif", thumbnail_first, *PLAIN),
    Row("unnamed.tif", pages_left("ImageJ=1.53t\nimages=2\nslices=2\n"), "ZYX", (2, 8, 9), 10,
        note="1 page that its description does not name"),
    Row("cut_imagej.tif", pages_left("ImageJ=1.53t\nimages=5\nslices=5\n"), "ZYX", (3, 8, 9), 10,
        note="speaks of 5 planes, of which 3 are there"),
    Row("sparse.tif", sparse, "YX", (16, 32), 7, note="1 of its 2 strips or tiles are empty"),
    Row("unnamed.ome.tif", ome_of_one_plane, *PLAIN, note="2 pages that its description"),
    Row("companion.ome.tif", pages_left(COMPANION), "ZYX", (3, 8, 9), 10,
        note=r"told in x\.companion\.ome, which is not read"),
    Row("pyramid.ome.tif", pyramid, "YX", (32, 36), 10),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_a_file_is_read_as_it_is_meant(row: Row, tmp_path: Path) -> None:
    row.make(tmp_path / row.name)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        image = read_image(tmp_path / row.name)
    assert (image.axes, image.data.shape, image.unit) == (row.axes, row.shape, row.unit)
    wanted = row.size * image.axes.ndim if len(row.size) == 1 else row.size
    assert image.pixel_size == pytest.approx(wanted, rel=1e-4)
    where = (0,) * (image.data.ndim - (1 if isinstance(row.first, tuple) else 0))
    np.testing.assert_allclose(image.data[where], row.first, atol=4 * row.name.endswith(".jpg"))
    assert [c.category for c in caught] == [FileNote] * (row.notes if row.note else 0)
    assert all(re.search(row.note, str(c.message)) for c in caught)


def raw_photo(path: Path) -> None:
    tifffile.imwrite(path, GREY, extratags=[(50706, "B", 4, (1, 4, 0, 0), True)])


def positions(path: Path) -> None:
    tifffile.imwrite(path, STACK, photometric="minisblack", metadata={"axes": "PYX"})


def fits(path: Path) -> None:
    cards = ("SIMPLE  =                    T", "BITPIX  =                    8",
             "NAXIS   =                    3", "NAXIS1  =                    9",
             "NAXIS2  =                    8", "NAXIS3  =                    3", "END")  # fmt: skip
    header = "".join(card.ljust(80) for card in cards).ljust(2880)
    path.write_bytes(header.encode() + STACK.tobytes())


def icon(path: Path) -> None:
    Picture.new("RGB", (64, 64)).save(path, sizes=[(16, 16), (64, 64)])


def text(content: bytes) -> Make:
    return lambda path: path.write_bytes(content)


def pickled(path: Path) -> None:
    np.save(path, np.array({"masks": 1}, dtype=object))


def archive(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, GREY)


def ome_of_nine(path: Path) -> None:
    ome(STACK, axes="TYX")(path)
    path.write_bytes(path.read_bytes().replace(b'SizeT="3"', b'SizeT="9"'))


def claiming(path: Path) -> None:
    tifffile.imwrite(path, GREY, compression="zlib", metadata=None)
    with tifffile.TiffFile(path, mode="r+") as file:
        for tag in ("ImageWidth", "ImageLength", "RowsPerStrip"):
            file.pages.first.tags[tag].overwrite(2**20)


def cut_array(path: Path) -> None:
    np.save(path, GREY)
    path.write_bytes(path.read_bytes()[:150])


def token_array(path: Path) -> None:
    np.save(path, GREY)
    path.write_bytes(path.read_bytes().replace(b"'shape': (8, 9)", b"'shape': (8, ((("))


REFUSED = [
    ("raw.dng", tiff(), "raw picture of a camera"),
    ("raw.tif", raw_photo, "raw picture of a camera"),
    ("lab.tif", tiff(COLOUR, photometric="cielab"), "got CIELAB. Save it as RGB"),
    ("positions.tif", positions, "positions"),
    ("archive.npy", archive, "an archive"),
    ("archive.tif", archive, "an archive"),
    ("pickled.npy", pickled, "not an array of numbers"),
    ("cut.npy", cut_array, "cut short"),
    ("token.npy", token_array, "not an array of numbers"),
    ("complex.npy", lambda path: np.save(path, GREY * 1j), "numbers as pixels, got complex"),
    ("volume.h5", text(b"\x89HDF\r\n\x1a\n" + bytes(40)), "an HDF5 file"),
    ("slide.czi", text(b"ZISRAWFILE" + bytes(40)), "a CZI file"),
    ("stack.fits", fits, "a picture of the format FITS, which is not read"),
    ("two.ico", icon, "a picture of the format ICO"),
    ("layers.psd", text(b"8BPS" + bytes(40)), "a Photoshop file"),
    ("a.jxl", text(b"\xff\x0a" + bytes(40)), "a JPEG XL file"),
    ("x.companion.ome", text(COMPANION.encode()), "a text in XML"),
    ("store.zarr", lambda path: path.mkdir(), "got a folder"),
    ("turns.tif", pages_of({}, {"extratags": [(274, "H", 1, 3, True)]}), "pages of one orient"),
    (
        "palettes.tif",
        pages_of(*({"photometric": "palette", "colormap": PALETTE + i} for i in (0, 1))),
        "pages of one palette",
    ),
    ("text.tif", text(b"no pixels here"), "not a TIFF image"),
    ("text.png", text(b"no pixels here"), "not an image this program reads"),
    ("nine.ome.tif", ome_of_nine, "expected 9 planes, of which 6 are not there"),
    ("claim.tif", claiming, "damaged"),
]


@pytest.mark.parametrize(("name", "make", "words"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_is_not_read_is_refused_by_name(
    name: str, make: Make, words: str, tmp_path: Path
) -> None:
    make(tmp_path / name)
    with pytest.raises(FileFormatError, match=words) as told:
        read_image(tmp_path / name)
    assert str(told.value).startswith(str(tmp_path / name))
    assert "\n" not in str(told.value)


def test_each_picture_of_a_file_can_be_chosen(tmp_path: Path) -> None:
    two_series(tmp_path / "a.tif")
    assert read_image(tmp_path / "a.tif", series=1).data.shape == (4, 5)
    listed = list_series(tmp_path / "a.tif")
    assert [(s.number, s.shape, s.is_read) for s in listed] == [
        (0, (8, 9), True), (1, (4, 5), False),
    ]  # fmt: skip
    with pytest.raises(InputError, match="a series from 0 to 1, got 2"):
        read_image(tmp_path / "a.tif", series=2)


@pytest.mark.parametrize("first", [False, True])
def test_each_position_of_an_ome_set_has_its_own_pixels_and_their_size(
    first: bool, tmp_path: Path, write_ome_set: Callable[..., None]
) -> None:
    names = ["p0.ome.tif", "p1.ome.tif"]
    write_ome_set(tmp_path, names, positions=True, described_by_first=first)
    for i in (0, 1):
        image = read_image(tmp_path / f"p{i}.ome.tif")
        assert (image.data[0, 0], image.pixel_size) == (10 * (i + 1), (0.25 * (i + 1),) * 2)
    other = read_image(tmp_path / "p0.ome.tif", series=1)
    assert (other.data[0, 0], other.pixel_size) == (20, (0.5, 0.5))
    assert [s.files for s in list_series(tmp_path / "p1.ome.tif")] == [
        ("p0.ome.tif",), ("p1.ome.tif",),
    ]  # fmt: skip


@pytest.mark.parametrize("first", [False, True])
def test_an_ome_set_in_several_files_is_read_whole_or_refused(
    first: bool, tmp_path: Path, write_ome_set: Callable[..., None]
) -> None:
    write_ome_set(tmp_path, ["t0.ome.tif", "t1.ome.tif"], described_by_first=first)
    for i in (0, 1):
        image = read_image(tmp_path / f"t{i}.ome.tif")
        assert (image.axes, image.data[:, 0, 0].tolist()) == ("TYX", [10, 20])
    (tmp_path / "t1.ome.tif").unlink()
    with pytest.raises(FileFormatError, match=r"Missing beside it: t1\.ome\.tif"):
        read_image(tmp_path / "t0.ome.tif")


def test_labels_are_numbers_as_stored_not_colours(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "palette.tif", GREY, photometric="palette", colormap=PALETTE)
    tifffile.imwrite(tmp_path / "white.tif", GREY, photometric="miniswhite")
    for name in ("palette.tif", "white.tif"):
        np.testing.assert_array_equal(read_labels(tmp_path / name), GREY)
    Picture.fromarray(GREY).save(tmp_path / "a.jpg")
    tifffile.imwrite(tmp_path / "jpeg.tif", np.tile(GREY, (2, 2)), compression="jpeg")
    Picture.fromarray(GREY).save(tmp_path / "a.webp")
    for name in ("a.jpg", "jpeg.tif", "a.webp"):
        with pytest.raises(InputError, match="JPEG and its like change pixel values"):
            read_labels(tmp_path / name)


@pytest.mark.parametrize("codec", ["jpeg2000", "jpegxl", "lerc", "webp"])
def test_labels_of_a_codec_that_may_lose_are_told(codec: str, tmp_path: Path) -> None:
    labels = np.repeat(np.arange(32, dtype=np.uint8) // 8, 32).reshape(32, 32)
    pixels = np.dstack([labels] * 3) if codec == "webp" else labels
    lossless = {"lossless": True} if codec in {"webp", "jpegxl"} else {}
    tifffile.imwrite(tmp_path / "a.tif", pixels, compression=codec, compressionargs=lossless)
    with pytest.warns(FileNote, match="may change pixel values: the labels are right only if"):
        np.testing.assert_array_equal(read_labels(tmp_path / "a.tif"), labels)
    if codec == "jpeg2000":
        Picture.fromarray(labels).save(tmp_path / "a.jp2")
        with pytest.warns(FileNote, match="JPEG 2000, may change pixel values"):
            read_labels(tmp_path / "a.jp2")


def test_axes_that_are_given_open_what_a_file_calls_otherwise(tmp_path: Path) -> None:
    positions(tmp_path / "a.tif")
    assert read_image(tmp_path / "a.tif", axes="TYX").n_frames == 3
