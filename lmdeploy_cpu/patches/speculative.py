"""The one change of speculative decoding alone: where the draft model runs (device.py stands in for CUDA there, too).

LMDeploy keeps the draft's loop, its own KV cache and the rejection of guesses in `pytorch/spec_decode`, in plain torch
but for streams, the word 'cuda', and a sampler that its default backend has.
"""

from . import CPU
from .patching import on_cpu


@CPU.patch(
    'lmdeploy.pytorch.spec_decode.spec_agent:SpecModelAgent.__init__',
    "The draft model's device, and its proposer's, is the word 'cuda'.",
)
def draft_device(old):

    def __init__(self, *args, **kwargs):
        if on_cpu():
            kwargs['device'] = 'cpu'
        old(self, *args, **kwargs)

    return __init__
