"""LMDeploy beside transformers: `python -m training.vision.compare models/tiny-vlm --backend turbomind`.

Greedy answers about held-out pictures: one picture, two, a conversation.  Where a token differs, the distance of the
reference's two best logits there tells whether it was a near tie.  `--backend cpu` is the PyTorch engine on the CPU
device, in fp32.
"""

import argparse
import json
import pathlib

import torch
from PIL import Image

from . import evaluate

NEW_TOKENS = 64


def messages(case: evaluate.Case) -> list[dict]:
    """The case as messages with PIL images in the first one."""
    made: list[dict] = []
    for turn in (*case.before, case.turn):
        shown = [] if made else [{'type': 'image', 'image': Image.fromarray(p.pixels)} for p in case.pictures]
        made.append({'role': 'user', 'content': [*shown, {'type': 'text', 'text': turn.question}]})
        made.append({'role': 'assistant', 'content': [{'type': 'text', 'text': turn.answer}]})
    return made[:-1]


def for_lmdeploy(case: evaluate.Case) -> list[dict]:
    """The same in LMDeploy's words: pictures as `image_data`, so that nothing is encoded on the way."""
    made = messages(case)
    for message in made:
        for index, part in enumerate(message['content']):
            if part['type'] == 'image':
                message['content'][index] = {'type': 'image_data', 'image_data': {'data': part['image']}}
        if message['role'] == 'assistant':
            message['content'] = message['content'][0]['text']
    return made


class Reference:
    """transformers on the folder."""

    def __init__(self, folder: pathlib.Path, dtype: torch.dtype):
        from transformers import AutoModelForImageTextToText, AutoProcessor

        self.device = 'cuda' if torch.cuda.is_available() else 'cpu'
        self.processor = AutoProcessor.from_pretrained(folder, trust_remote_code=False)
        model = AutoModelForImageTextToText.from_pretrained(folder, dtype=dtype, trust_remote_code=False)
        self.model = model.to(self.device).eval()

    @torch.inference_mode()
    def answer(self, case: evaluate.Case) -> tuple[list[int], list[float]]:
        """Token ids without the one that ends it, and the distance of the two best logits at each step."""
        inputs = self.processor.apply_chat_template(
            messages(case), add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors='pt'
        ).to(self.device)
        out = self.model.generate(
            **inputs, do_sample=False, max_new_tokens=NEW_TOKENS, return_dict_in_generate=True, output_scores=True
        )
        best = torch.cat(out.scores).float().topk(2).values
        tokens = out.sequences[0, inputs['input_ids'].size(1) :].tolist()
        stops = self.model.generation_config.eos_token_id
        return [t for t in tokens if t not in stops], (best[:, 0] - best[:, 1]).tolist()


def pipeline_of(folder: pathlib.Path, backend: str):
    """LMDeploy's pipeline on the engine asked for."""
    if backend == 'cpu':
        import lmdeploy_cpu

        lmdeploy_cpu.enable()
    from lmdeploy import PytorchEngineConfig, TurbomindEngineConfig, pipeline

    config = {
        'cpu': lambda: PytorchEngineConfig(device_type='cpu', dtype='float32', session_len=1024, num_gpu_blocks=256),
        'pytorch': lambda: PytorchEngineConfig(session_len=1024, cache_max_entry_count=0.1, max_batch_size=32),
        'turbomind': lambda: TurbomindEngineConfig(session_len=1024, cache_max_entry_count=0.1, max_batch_size=32),
    }[backend]()
    return pipeline(str(folder), backend_config=config, log_level='ERROR')


def compare(folder: pathlib.Path, backend: str, number: int) -> dict:
    """How many of the answers are the same tokens, and what differs."""
    from lmdeploy import GenerationConfig

    asked = [*evaluate.cases(number, 1), *evaluate.descriptions(2 * number, 1)]
    with pipeline_of(folder, backend) as pipe:
        engine = type(pipe.async_engine.engine).__module__
        config = GenerationConfig(max_new_tokens=NEW_TOKENS, do_sample=False)
        got = pipe([for_lmdeploy(case) for case in asked], gen_config=config)
    reference = Reference(folder, torch.float32 if backend == 'cpu' else torch.bfloat16)
    differing = []
    for case, answer in zip(asked, got, strict=True):
        tokens, margins = reference.answer(case)
        ours = list(answer.token_ids)
        if ours != tokens:
            pairs = zip([*ours, None], [*tokens, None], strict=False)
            at = next(index for index, (a, b) in enumerate(pairs) if a != b)
            differing.append(
                {'question': case.turn.question, 'at': at, 'margin': round(margins[at], 4), 'text': answer.text}
            )
    return {'engine': engine, 'answers': len(asked), 'equal': len(asked) - len(differing), 'differing': differing}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', type=pathlib.Path, nargs='?', default=pathlib.Path('models/tiny-vlm'))
    parser.add_argument('--backend', choices=('cpu', 'pytorch', 'turbomind'), default='cpu')
    parser.add_argument('--number', type=int, default=4, help='cases of each task')
    arguments = parser.parse_args()
    print(json.dumps(compare(arguments.folder, arguments.backend, arguments.number), ensure_ascii=False, indent=1))


if __name__ == '__main__':
    main()
