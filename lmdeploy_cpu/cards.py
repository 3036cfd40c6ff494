"""This machine's CUDA cards: whether they compute in bfloat16, and why torch finds none."""

import os


def has_bfloat16(cuda) -> bool:
    """Whether all cards compute in it; torch's own `is_bf16_supported` counts those that only imitate it, too."""
    try:
        return all(cuda.get_device_capability(card) >= (8, 0) for card in range(max(1, cuda.device_count())))
    except (RuntimeError, AssertionError):  # nobody can tell
        return True


def why_hidden() -> str:
    """What CUDA_VISIBLE_DEVICES has to do with it that torch finds no card; '' where it is not set."""
    if (value := os.environ.get('CUDA_VISIBLE_DEVICES')) is None:
        return ''
    hides = value.strip().lower() in ('', '-1', 'none', 'void', 'nodevfiles')
    return 'CUDA_VISIBLE_DEVICES ' + ('hides them all' if hides else f'is {value!r}, which names no card that is here')


def why_no_cuda(torch) -> str:
    if torch.version.cuda is None:
        return 'this torch is built without CUDA'
    return why_hidden() or 'torch finds none'
