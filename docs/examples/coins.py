# %% [markdown]
# # From four coins to all
#
# A photograph of 24 coins comes with the package, four of them painted, with a scribble of background. Learn those
# four, find the rest, count and measure: what `make demo` does, step by step.

# %%
import matplotlib.pyplot as plt
import numpy as np
from skimage.data import coins
from skimage.segmentation import mark_boundaries

from napari_discembed import finetune, segment
from napari_discembed.datasets.coins import (
    BACKGROUND_LABEL,
    coins_painted,
)

image, painted = coins(), coins_painted()
fig, axes = plt.subplots(1, 2, figsize=(9, 3.6))
axes[0].imshow(image, cmap="gray")
shown = np.where(painted == BACKGROUND_LABEL, 5, painted)
axes[1].imshow(shown, cmap="tab10", vmin=0, vmax=9)
axes[1].set_title("painted: four coins, and background")
for axis in axes:
    axis.axis("off")

# %% [markdown]
# What is 0 in `painted` is *not looked at*. Without a graphics card, ten seconds are enough here; give your own objects
# a minute.

# %%
model = finetune(
    image,
    painted,
    "generalist",
    background_label=BACKGROUND_LABEL,
    seconds=10,
    progress=False,
)
result = segment(image, model, progress=False)
result.count

# %%
fig, axis = plt.subplots(figsize=(6, 4.6))
axis.imshow(mark_boundaries(image, result.labels, color=(1, 0.6, 0)))
axis.axis("off")
fig.tight_layout()

# %% [markdown]
# A row a coin; `result.save("coins.csv")` writes all columns, `.tif` the labels, `.zip` ROIs for Fiji.

# %%
table = result.table()
print(", ".join(table.columns))
for row in range(5):
    area, length = table["area"][row], table["length"][row]
    print(f"{table['label'][row]:3} {area:6.0f} square pixels {length:5.1f} long")
