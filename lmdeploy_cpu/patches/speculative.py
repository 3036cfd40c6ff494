"""Changes for speculative decoding: the draft model's agent asks CUDA for what the target's agent asks (device.py).

LMDeploy keeps the draft's loop, its own KV cache and the rejection of guesses in `pytorch/spec_decode`, in plain torch
but for streams, the word 'cuda', and a sampler that its default backend has.
"""

from . import CPU
from .patching import on_cpu

_SPEC = 'lmdeploy.pytorch.spec_decode'

for _module in (f'{_SPEC}.spec_agent', f'{_SPEC}.proposers.base'):

    @CPU.patch(
        f'{_module}:torch',
        'Uses CUDA streams and events; gets the stand-in of patches/fakecuda.py for this one name.',
        only_here=True,
    )
    def stand_in(real):
        from .fakecuda import torch_without_cuda

        return torch_without_cuda(real)


@CPU.patch(
    f'{_SPEC}.spec_agent:SpecModelAgent.__init__', "The draft model's device, and its proposer's, is the word 'cuda'."
)
def draft_device(old):

    def __init__(self, *args, **kwargs):
        if on_cpu():
            kwargs['device'] = 'cpu'
        old(self, *args, **kwargs)

    return __init__
