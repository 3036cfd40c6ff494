"""Plumbing that the notebooks share.  The LMDeploy call being taught is never hidden in here.

Every public name is loaded when it is first used, so that `import helpers` is quick and pulls in neither torch nor
LMDeploy.
"""

import importlib

_MODULE_OF = {
    # files: where the course keeps what can be made again
    'cache_folder': 'files',
    # geometry: shapes of models, arithmetic only
    'GEOMETRIES': 'geometry',
    'Geometry': 'geometry',
    # models: where a model lies on this machine
    'CATALOGUE': 'models',
    'ModelInfo': 'models',
    'ModelNotFoundError': 'models',
    'Place': 'models',
    'download_commands': 'models',
    'model_path': 'models',
    'model_places': 'models',
    # mending: what is wrong with a checkpoint folder
    'CheckpointReport': 'mending',
    'Problem': 'mending',
    'inspect_checkpoint': 'mending',
    'mended': 'mending',
    # checkpoints: new ones from old ones, or from a geometry
    'internlm2_to_llama': 'checkpoints',
    'random_checkpoint': 'checkpoints',
    # engine: which of LMDeploy's engines runs here
    'EngineChoice': 'engine',
    'RunningEngine': 'engine',
    'cli_engine_arguments': 'engine',
    'cli_prefix': 'engine',
    'engine_choice': 'engine',
    'engine_config': 'engine',
    'release': 'engine',
    'running_engine': 'engine',
    # memory: readings, with their source
    'DeviceMemory': 'memory',
    'MemorySampler': 'memory',
    'device_memory': 'memory',
    'MemoryChart': 'chart',
    'memory_chart': 'chart',
    # benchmark: a server's speed under load, counted in tokens
    'LoadMeasurement': 'benchmark',
    'RateMeasurement': 'benchmark',
    'Repeats': 'benchmark',
    'RequestTiming': 'benchmark',
    'measure_clients': 'benchmark',
    'measure_rate': 'benchmark',
    'repeated': 'benchmark',
    # offline: the speed of an engine in this process
    'BatchMeasurement': 'offline',
    'ContinuousBatching': 'offline',
    'LMDeployEngine': 'offline',
    'TransformersGenerate': 'offline',
    'measure_batch': 'offline',
    'measure_engine': 'offline',
    'token_prompts': 'offline',
    'why_no_compile': 'offline',
    # prompts: one's own to measure with
    'load_prompts': 'prompts',
    'prompt_ids': 'prompts',
    # results: measurements as a table, a plot, JSON and CSV
    'plot_results': 'results',
    'result_rows': 'results',
    'result_table': 'results',
    'save_results': 'results',
    # roofline: what this machine's memory and arithmetic allow
    'DeviceLimits': 'roofline',
    'StepWork': 'roofline',
    'decode_step': 'roofline',
    'measure_limits': 'roofline',
    # race: engines side by side in the notebook
    'RaceBox': 'race',
    'pipeline_stream': 'race',
    'race': 'race',
    'transformers_stream': 'race',
    # metrics: what a server counts itself
    'ServerMetrics': 'metrics',
    'metrics_chart': 'metrics',
    'read_metrics': 'metrics',
    # chatbox: talk to a pipeline in the notebook
    'ChatBox': 'chatbox',
    'chat_box': 'chatbox',
    # picture_box: pictures of shapes, and questions about them
    'PictureBox': 'picture_box',
    'draw_shapes': 'picture_box',
    'picture_box': 'picture_box',
    # kv_cache: what an engine will take of a device's memory, arithmetic only
    'MemoryPrediction': 'kv_cache',
    'kv_bytes_per_token': 'kv_cache',
    'predict_memory': 'kv_cache',
    'require_startable': 'kv_cache',
    'smallest_ratio': 'kv_cache',
    'weight_bytes': 'kv_cache',
    'weight_tensors': 'kv_cache',
    # explorer: how many conversations fit on a card of one's choice
    'MemoryExplorer': 'explorer',
    'memory_explorer': 'explorer',
    # environment: is this machine ready for the course
    'Check': 'environment',
    'check_environment': 'environment',
    'print_checks': 'environment',
    # support: which engine runs what, read from the installed LMDeploy
    'SupportedModel': 'support',
    'supported_models': 'support',
    # records: what was measured on a GPU
    'Record': 'records',
    'load_published': 'records',
    'load_record': 'records',
    'new_record': 'records',
    'save_record': 'records',
    # server: LMDeploy's API server as a context manager, its key, the way to it from elsewhere
    'Server': 'server',
    'api_server': 'server',
    'running_servers': 'server',
    'ApiKey': 'server_keys',
    'key_of': 'server_keys',
    'tunnel_command': 'tunnel',
    # clusters: several API servers behind LMDeploy's proxy
    'Cluster': 'clusters',
    'NoAnswerError': 'clusters',
    'cluster': 'clusters',
    'is_whole': 'clusters',
    # homework: evidence, its card, the submission
    'begin_task': 'homework',
    'pack_submission': 'homework',
    'submission_card': 'homework',
    # calibration: text for `lmdeploy lite`, and to measure its result with
    'CalibrationDataset': 'calibration',
    'answer_perplexity': 'calibration',
    'calibration_dataset': 'calibration',
    'calibration_ids': 'calibration',
    'heldout_answers': 'calibration',
    # quantize: around `lmdeploy lite auto_awq`
    'CheckpointDescription': 'quantize',
    'WeightBytes': 'quantize',
    'check_quantizable': 'quantize',
    'cli_lite_arguments': 'quantize',
    'describe_checkpoint': 'quantize',
    'quantized_folder': 'quantize',
    # compress: models without some channels or layers, and taught by the larger one
    'distil': 'compress',
    'keep_layers': 'compress',
    'load_llama': 'compress',
    'prune_channels': 'compress',
    'save_llama': 'compress',
    # rounding: one weight matrix to 4 bits
    'group_grid': 'rounding',
    'layer_inputs': 'rounding',
    'output_error': 'rounding',
    'pack_int4': 'rounding',
    'round_awq': 'rounding',
    'round_gptq': 'rounding',
    'round_plain': 'rounding',
    'to_grid': 'rounding',
    'unpack_int4': 'rounding',
    'unpacked_weight': 'rounding',
}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str):
    if name not in _MODULE_OF:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    module = importlib.import_module(f'.{_MODULE_OF[name]}', __name__)
    # All of the module's names at once: a function may be named as its module is, and importing that binds the module.
    for public, home in _MODULE_OF.items():
        if home == _MODULE_OF[name]:
            globals()[public] = getattr(module, public)
    return globals()[name]


def __dir__() -> list[str]:
    return __all__
