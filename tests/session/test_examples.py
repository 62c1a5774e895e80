"""The training set of a session."""

from __future__ import annotations

import numpy as np

from napari_discembed.interaction.corrections import LabelledPixels
from napari_discembed.session.examples import Example, Examples
from napari_discembed.types import Axes, Image


def example(key: str, *numbers: int, background: int = 0, complete: bool = False) -> Example:
    """Return an image of one row with labels."""
    labels = np.array([numbers])
    image = Image(np.zeros(labels.shape), name=key)
    return Example(key, image, LabelledPixels(labels, background, complete))


def test_corrected_images_are_learnt_with_those_painted_before() -> None:
    examples = Examples()
    examples.paint([example("a", 1, 0, 9, background=9)])
    examples.correct(example("b", 1, 0, 2, complete=True))
    pairs = examples.training_pairs()
    assert [image.name for image in pairs.images] == ["b", "a"]
    assert [labels.tolist() for labels in pairs.labels] == [[[1, 10, 2]], [[1, 0, 10]]]
    assert (pairs.complete, pairs.background) == (False, 10)
    assert [i.name for i in examples.training_pairs(corrected_first=False).images] == ["a", "b"]


def test_an_image_is_learnt_once_however_often_it_is_corrected() -> None:
    examples, told = Examples(), []
    examples.changed.connect(lambda: told.append(len(examples.corrected)))
    examples.correct(example("a", 1, 0))
    examples.correct(example("b", 1, 0))
    examples.correct(example("a", 1, 2))
    assert [one.key for one in examples.corrected] == ["a", "b"]
    assert examples.training_pairs().labels[0].tolist() == [[1, 2]]
    examples.forget("a")
    examples.forget("a")
    assert told == [1, 2, 2, 1]


def test_what_was_painted_on_a_corrected_image_stays() -> None:
    examples = Examples()
    examples.paint([example("a", 1, 1, 0, 2, 2)])
    examples.correct(example("a", 0, 0, 0, 7, 7))
    assert examples.training_pairs().labels[0].tolist() == [[8, 8, 0, 7, 7]]


def test_painted_images_of_a_new_training_take_the_place_of_those_before() -> None:
    examples = Examples()
    examples.paint([example("a", 1)])
    examples.paint([example("b", 1)])
    assert [image.name for image in examples.training_pairs().images] == ["b"]


def test_an_image_labelled_in_part_is_judged_by_all_of_its_objects() -> None:
    labels = np.zeros((900, 900), int)
    labels[:10, :10] = 1
    image, objects = Image(np.zeros(labels.shape), name="a"), labels.copy()
    objects[:10, 20:30], objects[-10:] = 2, 3
    labels[20:30, :10] = 2
    examples = Examples()
    examples.correct(Example("a", image, LabelledPixels(labels, background=2), objects))
    ((part, judged),) = examples.training_pairs().judged
    assert part.shape == judged.shape == (768, 768)  # around what is labelled
    assert list(np.unique(judged)) == [0, 3, 4]  # none has the number of background
    examples.correct(Example("b", image, LabelledPixels(objects, complete=True), objects))
    assert not examples.training_pairs().judged  # enough is labelled to hold some back


def test_frames_are_judged_by_labels_held_back() -> None:
    labels = np.ones((3, 4, 5), int)
    image = Image(np.zeros(labels.shape), Axes("TYX"))
    assert Example("a", image, LabelledPixels(labels), labels).judged() is None
