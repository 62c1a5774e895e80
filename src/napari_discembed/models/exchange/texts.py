"""The texts of a package for bioimage.io: its name, its documentation, papers and licences."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, files

from napari_discembed.models.checkpoint import Model
from napari_discembed.models.exchange.about import describe

REPOSITORY = "https://github.com/napari-discembed/napari-discembed"

PAPERS = {
    "De Brabandere, Neven, Van Gool 2017, Semantic Instance Segmentation with a Discriminative "
    "Loss Function": "10.48550/arXiv.1708.02551",
    "Novotny, Albanie, Larlus, Vedaldi 2018, Semi-convolutional Operators for Instance "
    "Segmentation": "10.48550/arXiv.1807.10465",
}
"""What to cite, and its DOI."""


def name_of(model: Model) -> str:
    """Return a name of the letters that bioimage.io takes."""
    return re.sub(r"[^A-Za-z0-9_+\-() ]", "_", model.name)[:80] + " (napari-discembed)"


def readme(model: Model) -> str:
    """Return the documentation of a package, in Markdown."""
    about, card = describe(model), model.card
    given, embedding, grouping = about["input"], about["embedding"], about["grouping"]
    weights = given["channel_weights"]
    shown = (
        "The channels are shown as they are."
        if weights is None
        else "The network is shown a grey image, the sum of the channels by the weights "
        f"{weights}, in each of its channels."
    )
    outputs = "\n".join(
        f"- `{name}` ({each['channels']}): {each['meaning']}"
        for name, each in about["outputs"].items()
    )
    settings = "\n".join(f"- {name}: {value}" for name, value in grouping.items())
    measured = "\n".join(f"- {name}: {value:g}" for name, value in card.metrics.items())
    return f"""# {name_of(model)}

{card.description}

Instance segmentation by pixel embeddings: the network maps each pixel to a point, such that pixels
of one object lie together and objects lie apart. Grouping the points gives the objects.

## Use

In [napari-discembed]({REPOSITORY}) this file is a model as any other:
`discembed segment IMAGE --model THIS.zip`, or *Open* in the list of models.

Elsewhere, resize the image so that its objects are about {given["object_diameter"]:g} pixels
across, to sizes that are multiples of {given["sizes_multiple_of"]}. {shown}

The maps are:

{outputs}

Distances in the embedding: {embedding["distances"]}.

Of tiles: {embedding["of_a_tile"]}. An output pixel depends on the image within
{about["receptive_radius"]} pixels. units_per_pixel: {embedding["units_per_pixel"]}.

Objects are made from the maps by these settings, as in `config: discembed: grouping`:

{settings}

## Validation

{measured or "No figures are on the model's card. Compare with labels of your own images."}

`discembed evaluate --predictions FOLDER --labels FOLDER` compares with true labels.

## Licence

{card.licence}{_origin(card.training.get("encoder"))}
"""


def _origin(encoder: object) -> str:
    return f". The encoder was trained on from {encoder}." if isinstance(encoder, str) else ""


def licences(model: Model) -> str:
    """Return the expression of a model's licences, and their texts as far as they came with us."""
    try:
        own = [each for each in files("napari-discembed") or () if "licenses" in each.parts]
    except PackageNotFoundError:  # the code is used without having been installed
        own = []
    texts = [each.read_text(encoding="utf-8") for each in own if each.suffix != ".md"]
    origin = _origin(model.card.training.get("encoder"))
    head = f"SPDX-License-Identifier: {model.card.licence}{origin}"
    return "\n\n".join([head, *texts])
