"""Chapter 3: what an engine takes of a device's memory, worked out before it starts; what a quantised cache costs."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        'explorer': ['MemoryExplorer', 'memory_explorer'],
        'perplexity': ['answer_perplexity', 'heldout_answers'],
        'prediction': ['MemoryPrediction', 'predict_memory'],
        'pytorch': ['cache_in'],
        'startable': ['ROUND_RATIOS', 'require_startable', 'smallest_ratio'],
        'tokens': ['kv_bytes_per_token'],
        'trace': ['record_blocks', 'rehearse_blocks'],
        'weights': ['engine_weight_bytes', 'weight_bytes', 'weight_tensors'],
    },
)
