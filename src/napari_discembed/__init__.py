"""Instance segmentation by pixel embeddings: paint a few objects, fine-tune, count."""
