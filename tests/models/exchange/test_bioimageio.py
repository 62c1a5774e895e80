"""Packages for bioimage.io: valid there, run there, and read back as they were."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pydantic
import pytest
import torch

from napari_discembed import catalogue
from napari_discembed.errors import CheckpointError
from napari_discembed.imaging import normalise
from napari_discembed.models import Model, load_model
from napari_discembed.models.exchange.bioimageio import write_bioimageio
from napari_discembed.models.exchange.testing import discs, preprocessed, write_test_tensors

yaml = pytest.importorskip("yaml")
pytest.importorskip("onnxscript")


@pytest.fixture(scope="module")
def package(small: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("package") / "small.zip"
    two = small.card.model_copy(update={"licence": "BSD-3-Clause AND Apache-2.0"})
    write_bioimageio(replace(small, card=two), path, ["Ada Lovelace", "Żółć"])
    return path


def described(package: Path) -> dict[str, Any]:
    with zipfile.ZipFile(package) as whole:
        about: dict[str, Any] = yaml.safe_load(whole.read("rdf.yaml"))
    return about


def test_a_package_is_read_back_as_the_same_model(small: Model, package: Path) -> None:
    back = load_model(package)
    assert back.name == small.name
    assert back.config == small.config
    for name, value in small.net.state_dict().items():
        assert torch.equal(back.net.state_dict()[name], value), name


def test_what_a_package_takes_is_told_without_unpacking_it(package: Path, tmp_path: Path) -> None:
    assert catalogue.model_input(str(package)) == catalogue.ModelInput(3, 2)
    broken = tmp_path / "broken.zip"
    broken.write_bytes(package.read_bytes()[:5000])
    assert catalogue.model_input(str(broken)) is None


def test_the_description_fits_the_schema_of_bioimage_io(package: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    found = find_spec("bioimageio")
    schemas = [
        path
        for folder in (found.submodule_search_locations if found else ()) or ()
        for path in Path(folder).glob("spec/static/bioimageio_schema.json")
    ]
    if not schemas:
        pytest.skip("bioimageio.spec is not installed")
    schema = json.loads(schemas[0].read_text(encoding="utf-8"))
    model = {**schema, "$ref": "#/$defs/bioimageio__spec__model__v0_5__ModelDescr"}
    model.pop("oneOf", None), model.pop("anyOf", None)
    jsonschema.validate(described(package) | {"format_version": "0.5.12"}, model)


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # it leaves files open
def test_bioimageio_core_runs_a_package_and_finds_the_same(package: Path) -> None:
    if tuple(map(int, pydantic.VERSION.split(".")[:2])) >= (2, 14):
        pytest.skip("bioimageio.spec does not work with pydantic 2.14")
    core = pytest.importorskip("bioimageio.core")
    summary = core.test_model(package)
    problems = [error.msg for detail in summary.details for error in detail.errors]
    assert summary.status == "passed", problems


def test_a_package_says_who_made_it_by_which_papers_under_which_licence(package: Path) -> None:
    about = described(package)
    assert [author["name"] for author in about["authors"]] == ["Ada Lovelace", "Żółć"]
    assert about["cite"][0]["doi"] == "10.48550/arXiv.1708.02551"
    assert about["name"] == "unet _ (napari-discembed)"
    assert about["config"]["discembed"]["grouping"]["method"] == "density"
    with zipfile.ZipFile(package) as whole:
        names = set(whole.namelist())
        text = whole.read(about["license"]["source"]).decode()
    assert text.startswith("SPDX-License-Identifier: BSD-3-Clause AND Apache-2.0")
    files = [about["documentation"], *about["attachments"], *about["weights"].values()]
    files += [tensor["test_tensor"] for tensor in [*about["inputs"], *about["outputs"]]]
    assert {file["source"] for file in files} <= names


def test_the_test_image_is_normalised_as_images_are_here() -> None:
    image = discs(2, (40, 40), 8.0)
    np.testing.assert_allclose(preprocessed(image)[0], normalise(image[0]), atol=1e-4)


def test_the_test_of_a_volume_is_a_volume(
    make_model: Callable[[str], Model], tmp_path: Path
) -> None:
    files = write_test_tensors(make_model("volumes"), tmp_path)
    assert np.load(files["image"]).shape == (1, 1, 32, 32, 32)
    assert np.load(files["embedding"]).shape == (1, 3, 32, 32, 32)


def repacked(package: Path, target: Path, leave_out: str = "", **changed: bytes) -> Path:
    """Write a package anew, without a file or with other contents of some."""
    with zipfile.ZipFile(package) as whole, zipfile.ZipFile(target, "w") as other:
        for name in whole.namelist():
            if name != leave_out:
                other.writestr(name, changed.get(name.replace(".", "_"), whole.read(name)))
    return target


@pytest.mark.parametrize(
    ("left_out", "words"),
    [
        ("rdf.yaml", "a zip file with rdf.yaml, got one without"),
        ("discembed.safetensors", r"got the model 'unet _ \(napari-discembed\)' without"),
    ],
)
def test_a_package_without_what_is_needed_is_told_in_a_sentence(
    package: Path, tmp_path: Path, left_out: str, words: str
) -> None:
    with pytest.raises(CheckpointError, match=words):
        load_model(repacked(package, tmp_path / "other.zip", left_out))


def test_a_package_of_another_task_or_with_changed_weights_is_refused(
    package: Path, tmp_path: Path
) -> None:
    nothing = repacked(package, tmp_path / "a.zip", discembed_safetensors=b"\x08\x07onnx-like..")
    with pytest.raises(CheckpointError, match=r"a\.zip \(discembed.safetensors\): not a model"):
        load_model(nothing)
    with zipfile.ZipFile(package) as whole:
        weights = whole.read("discembed.safetensors")
    changed = weights.replace(b"instance segmentation", b"something-segmenting!")
    other = repacked(package, tmp_path / "b.zip", discembed_safetensors=changed)
    with pytest.raises(CheckpointError, match="got one for something-segmenting!"):
        load_model(other)


def test_a_damaged_package_is_told(package: Path, tmp_path: Path) -> None:
    whole = package.read_bytes()
    shutil.copy(package, tmp_path / "damaged.zip")
    middle = len(whole) // 2
    (tmp_path / "damaged.zip").write_bytes(
        b"".join([whole[:200], bytes(middle - 200), whole[middle:]])
    )
    with pytest.raises(CheckpointError, match="damaged or cut short"):
        load_model(tmp_path / "damaged.zip")
    (tmp_path / "short.zip").write_bytes(whole[:middle])
    with pytest.raises(CheckpointError, match=r"short\.zip"):
        load_model(tmp_path / "short.zip")
