"""A decoding step as one call: what CUDA graphs (`backends/cuda/graph_runner`) are on a GPU.

A decoding step is a few hundred small operators, and on a CPU more than half of its time may be Python between them.
So the model's own forward pass is traced by `torch.jit` when the engine warms up, and the trace runs in its place: the
same operators on the same numbers, in torch's interpreter, which needs no compiler.  Whatever cannot be traced (a
branch on a tensor, inputs of another kind) runs as before.
"""

import copy
import warnings

import torch
from lmdeploy.pytorch.backends.graph_runner import GraphRunner
from lmdeploy.utils import get_logger

from .attention import CpuPagedAttentionImpl, decoding_mask
from .threads import StepThreads

_INPUTS = ('input_ids', 'position_ids', 'past_key_values', 'attn_metadata', 'target_hidden_states')


class CpuGraphRunner(GraphRunner):
    """Runs decoding steps from a trace, and everything else as it is written."""

    def __init__(self, model, *args, **kwargs):
        super().__init__(model, *args, **kwargs)
        model.requires_grad_(False)  # some embeddings do, and a trace keeps nothing that does
        implementations = [getattr(module, 'impl', None) for module in model.modules()]
        self.windows = sorted({i.window for i in implementations if isinstance(i, CpuPagedAttentionImpl)}, key=str)
        self.threads = StepThreads(model, self.model_config.dtype)
        self.reset()

    def reset(self):
        """Forget the trace: the weights change, or the engine ends."""
        super().reset()
        self.traces, self.weights, self.traceable = {}, None, True  # a trace for each number of tokens a sequence

    @property
    def trace(self):
        """That of a step of one token a sequence, or of the fewest; None before there is any."""
        return self.traces[min(self.traces)] if self.traces else None

    def __call__(self, **kwargs):
        """-> hidden states [1, T, hidden] of the T tokens of this step"""
        with self.threads.of(kwargs['input_ids'].numel()):
            return self._forward(**kwargs)

    def get_logits(self, hidden_states, *args, **kwargs):
        """hidden_states [1, T, hidden] -> logits [1, T, vocabulary]"""
        with self.threads.of(hidden_states.shape[-2]):
            return super().get_logits(hidden_states, *args, **kwargs)

    def _forward(self, **kwargs):
        meta = kwargs.get('attn_metadata')
        others = (value for name, value in kwargs.items() if name not in _INPUTS)
        decodes = meta is not None and (meta.max_q_seqlen == 1 or meta.guesses)
        if not decodes or not self.traceable or any(x is not None for x in others):
            return self.model(**kwargs)
        for window in self.windows:
            meta.masks[window] = decoding_mask(meta, window, self.model_config.dtype)
        tokens = meta.max_q_seqlen
        if tokens not in self.traces:
            # the first is none, for torch.jit takes no empty list
            self.weights = [torch.empty(0), *(p for p in self.model.parameters() if p.is_mkldnn)]
            trace = self._make_trace(kwargs)
            if trace is None:
                self.traceable = False
                return self.model(**kwargs)
            self.traces[tokens] = trace
        return self._run(self.traces[tokens], self._tensors(kwargs))

    def _tensors(self, kwargs):
        """All that a step reads and that changes; the caches and packed weights too, which cannot be constants."""
        meta, caches = kwargs['attn_metadata'], kwargs['past_key_values']
        return (
            kwargs['input_ids'],
            kwargs['position_ids'],
            meta.slots,
            meta.blocks,
            [meta.masks[window] for window in self.windows],
            [tensor for layer in caches for tensor in layer],
            self.weights,
            self._adapter_ids(len(meta.q_lens)),
            [x for x in [kwargs.get('target_hidden_states')] if x is not None] or [torch.empty(0)],
        )

    def _adapter_ids(self, sequences: int) -> torch.Tensor:
        """[sequences]: which LoRA adapter each one has; 0 is none."""
        found = self.ctx_mgr.current_context().local_adapter_ids
        return torch.zeros(sequences, dtype=torch.long) if found is None else found

    def _make_trace(self, kwargs):
        """-> the traced step, or None, and a line in the log, where it does not say the same as the model."""

        def step(input_ids, position_ids, slots, blocks, masks, caches, weights, adapter_ids, drafted):
            self.ctx_mgr.current_context().local_adapter_ids = adapter_ids  # where `CpuLoRAImpl` looks
            meta = copy.copy(kwargs['attn_metadata'])
            meta.slots, meta.blocks, meta.masks = slots, blocks, dict(zip(self.windows, masks, strict=True))
            size = len(caches) // len(kwargs['past_key_values'])
            layers = [caches[i : i + size] for i in range(0, len(caches), size)]
            known = {'input_ids': input_ids, 'position_ids': position_ids, 'past_key_values': layers}
            if kwargs.get('target_hidden_states') is not None:  # of a draft model
                known['target_hidden_states'] = drafted[0]
            return self.model(**{**kwargs, **known, 'attn_metadata': meta})

        tensors = self._tensors(kwargs)
        want = step(*tensors)
        try:
            with warnings.catch_warnings(record=True) as caught:
                names = list(step.__code__.co_varnames[: step.__code__.co_argcount])
                graph, _ = torch._C._create_graph_by_tracing(step, tensors, lambda _: '', True, False, None, names)
            if branches := [w for w in caught if issubclass(w.category, torch.jit.TracerWarning)]:
                raise RuntimeError(f'a branch that depends on a tensor: {branches[0].message}')
            trace = torch._C._create_function_from_graph('step', graph)
            torch.testing.assert_close(self._run(trace, tensors), want)
        except (AssertionError, AttributeError, RuntimeError, TypeError) as e:
            get_logger('lmdeploy').info(f'lmdeploy_cpu: decoding is not traced, and slower for it: {e}')
            return None
        return trace

    @staticmethod
    def _run(trace, tensors):
        with torch.jit.optimized_execution(False):  # shapes change at every step: nothing to specialise for
            return trace(*tensors)
