"""Real pictures that come with the project, with their labels. Licences and credits are in pretrained/README.md."""

from dataclasses import dataclass

import numpy as np

from models import checkpoint


@dataclass(frozen=True)
class Pictures:
    """images: uint8 (N, C, H, W), class by class. label: (N,) int. names: of the classes."""

    images: np.ndarray
    label: np.ndarray
    names: list[str]

    @classmethod
    @checkpoint.reader
    def from_pretrained(cls, folder):
        """Read a folder of pictures. Raises checkpoint.CheckpointError (a ValueError)."""
        config = checkpoint.load_config(folder)
        arrays = checkpoint.load_tensors(folder, "pictures.safetensors")
        with checkpoint.reading(folder):
            return cls(arrays["images"], arrays["label"], config["classes"])

    def save_pretrained(self, folder, info):
        arrays = {"images": self.images, "label": self.label}
        checkpoint.save(folder, {"classes": self.names} | info, arrays, "pictures.safetensors")

    def picture(self, label, index):
        """Picture `index` of class `label`, float32 (C, H, W) in [0, 1], or None if there is none."""
        (rows,) = np.nonzero(self.label == label)
        return self.images[rows[index]].astype(np.float32) / 255 if 0 <= index < len(rows) else None
