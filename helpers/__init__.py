"""This machine: where a model lies, which engine runs, what its memory holds, what was measured.

A name is loaded when it is first used, so that `import helpers` is quick and pulls in neither torch nor LMDeploy.
The LMDeploy call being taught is never hidden in here; what a chapter teaches besides stands in `lessons`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs=dict(
        models=['model_path', 'model_places'],
        catalogue=['CATALOGUE', 'download_commands'],
        memory=['MemorySampler', 'device_memory'],
        engine=['cli_engine_arguments', 'cli_prefix', 'engine_choice', 'engine_config', 'running_engine'],
        closing=['release'],
        records=['load_published', 'load_record'],
        environment=['print_checks'],
        **{'checkpoints.mending': ['inspect_checkpoint']},
    ),
)
