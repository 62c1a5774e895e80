"""The long operations as jobs: generators that yield their progress and return their result.

For programs with an interface of their own. Closing a job cancels it; :class:`Finish`, thrown into
it, ends a training early with the best so far. Who only wants the answer calls
:func:`napari_discembed.segment` and its kin.

>>> from napari_discembed import jobs
>>> for progress in (job := jobs.segment(image, "nuclei")):  # doctest: +SKIP
...     print(progress.fraction)
"""

from napari_discembed.finetuning import finetune
from napari_discembed.movies import track
from napari_discembed.pipeline import embed, segment
from napari_discembed.progress import Finish, Job, Progress, finish_when, run, scaled

__all__ = [
    "Finish",
    "Job",
    "Progress",
    "embed",
    "finetune",
    "finish_when",
    "run",
    "scaled",
    "segment",
    "track",
]
