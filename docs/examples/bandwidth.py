# %% [markdown]
# # Bandwidth and the tree of candidates
#
# Embed once, group as often as you like. The picture is drawn, so that its truth is known.

# %%
import matplotlib.pyplot as plt
import numpy as np

from napari_discembed import candidates, cluster, embed
from napari_discembed.datasets.synthetic import generate

sample = next(iter(generate("rosettes", 1, seed=8)))
embedding = embed(sample.image, "rosette", progress=False)
print("embedding", embedding.values.shape)
print("leaves drawn:", len(np.unique(sample.labels)) - 1)

# %% [markdown]
# The number of objects at each bandwidth. Where the curve is flat, the count does not depend on the choice.

# %%
bandwidths = np.geomspace(0.3, 8, 30)
counts = [
    cluster(embedding, bandwidth=float(b)).count for b in bandwidths
]
plt.figure(figsize=(5, 2.8))
plt.step(bandwidths, counts, where="mid")
plt.xscale("log")
plt.xticks([0.5, 1, 2, 4, 8], ["½", "1", "2", "4", "8"])
plt.minorticks_off()
plt.xlabel("bandwidth")
plt.ylabel("objects")
plt.tight_layout()

# %%
fig, axes = plt.subplots(1, 3, figsize=(9, 3.2))
for axis, bandwidth in zip(axes, (1.25, 2.0, 5.0), strict=True):
    found = cluster(embedding, bandwidth=bandwidth)
    axis.imshow(sample.image)
    shown = np.ma.masked_where(found.labels == 0, found.labels % 20)
    axis.imshow(shown, cmap="tab20", alpha=0.6)
    axis.set_title(f"bandwidth {bandwidth}: {found.count}")
    axis.axis("off")

# %% [markdown]
# All of these objects, and every one between, are candidates in one tree: masks that lie in one another.

# %%
nested = candidates(embedding)
print(len(nested), "candidates")
