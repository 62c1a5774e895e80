"""The long operations as jobs: generators that yield their progress and return their result.

For programs with an interface of their own; closing a job cancels it. Who only wants the answer
calls :func:`napari_discembed.segment` and its kin.

>>> from napari_discembed import jobs
>>> for progress in (job := jobs.segment(image, "nuclei")):  # doctest: +SKIP
...     print(progress.fraction)
"""

from napari_discembed.finetuning import finetune
from napari_discembed.pipeline import embed, segment
from napari_discembed.progress import Job, Progress, run, scaled

__all__ = ["Job", "Progress", "embed", "finetune", "run", "scaled", "segment"]
