"""Where the network runs and how precisely."""

from __future__ import annotations

import torch

from napari_discembed.config import Precision
from napari_discembed.errors import InputError


def choose_device(name: str) -> torch.device:
    """Return the device of this name; for "auto" the first of CUDA, MPS and CPU that there is.

    Raises
    ------
    InputError
        If there is no such device here.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise InputError(f"Expected device auto, cpu, cuda, cuda:N or mps, got {name!r}.") from None
    n_cuda = torch.cuda.device_count() if torch.cuda.is_available() else 0
    missing = (device.type == "cuda" and (device.index or 0) >= n_cuda) or (
        device.type == "mps" and not torch.backends.mps.is_available()
    )
    if missing:
        raise InputError(
            f"Device {name!r} was asked for, but this computer, or this build of PyTorch, has "
            f"{n_cuda} CUDA devices{'' if device.type == 'cuda' else ' and no MPS'}. "
            "Use device='auto' or 'cpu'."
        )
    return device


def choose_precision(name: Precision, device: torch.device) -> torch.dtype:
    """Return the dtype to compute in; "auto" is bfloat16 only where a CUDA device has it.

    On a CPU, "auto" stays in float32, so that tiles agree with the whole image to 1e-4.
    """
    if name != "auto":
        return torch.bfloat16 if name == "bfloat16" else torch.float32
    native = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.bfloat16 if native else torch.float32


def is_out_of_memory(error: RuntimeError) -> bool:
    """Tell whether torch ran out of memory; on MPS and CPU only the words say so."""
    words = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError) or any(
        clue in words for clue in ("out of memory", "can't allocate memory", "not enough memory")
    )
