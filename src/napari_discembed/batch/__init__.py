"""The same for many files: which ones, what is done to each, what is done already, the summary.

:func:`napari_discembed.batch.runner.run_batch` goes through them; only that module loads torch.
"""
