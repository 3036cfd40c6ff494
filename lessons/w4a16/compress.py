"""Smaller models by other means than rounding: without some channels, without some layers, taught by the larger one.

Each function changes a Llama of transformers, whose checkpoint LMDeploy then loads like any other.
"""

import random
from pathlib import Path

from helpers.checkpoints.mending import generation_config
from helpers.checkpoints.tokenizer_files import plain_tokenizer_files
from helpers.files import read_json, whole_folder, write_json

_RECORD = 'made_by.json'


def load_llama(path: str | Path):
    """The Llama checkpoint in `path` as a transformers model in float32, without remote code."""
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32, trust_remote_code=False).eval()


def prune_channels(model, keep: int):
    """Keep in every layer the `keep` channels of the MLP with the largest weights; returns the model, changed.

    A channel is a row of gate and up and a column of down: it goes as a whole, so that the matrices shrink
    ("structured" pruning).  TurboMind and W4A16 want a multiple of 128.
    """
    have = model.config.intermediate_size
    if not 0 < keep <= have:
        raise ValueError(f'keep={keep}: the model has {have} channels in each layer')
    for layer in model.model.layers:
        gate, up, down = layer.mlp.gate_proj, layer.mlp.up_proj, layer.mlp.down_proj
        size = gate.weight.norm(dim=1) * up.weight.norm(dim=1) * down.weight.norm(dim=0)
        channels = size.topk(keep).indices.sort().values
        gate.weight.data, up.weight.data = gate.weight.data[channels], up.weight.data[channels]
        down.weight.data = down.weight.data[:, channels].contiguous()
        gate.out_features = up.out_features = down.in_features = keep
    model.config.intermediate_size = keep
    return model


def keep_layers(model, layers: list[int]):
    """Keep the layers with these numbers and drop the others; returns the model, changed."""
    have = len(model.model.layers)
    if not layers or not set(layers) <= set(range(have)):
        raise ValueError(f'layers={layers}: the model has layers 0 to {have - 1}')
    model.model.layers = type(model.model.layers)(model.model.layers[i] for i in layers)
    for i, layer in enumerate(model.model.layers):
        layer.self_attn.layer_idx = i
    model.config.num_hidden_layers = len(layers)
    return model


def distil(
    student, teacher, sequences: list[list[int]], steps: int = 50, rows: int = 4, lr: float = 4e-4, seed: int = 0
) -> list[float]:
    """Train `student` to give the teacher's probabilities for every next token; returns the loss of each step.

    The loss is the Kullback-Leibler divergence in nats per token (Hinton et al., arXiv 1503.02531).  Each step reads
    `rows` of the `sequences` of token ids (`calibration_ids`); the learning rate rises for a tenth of the steps, then
    falls.  The same seed gives the same student on the same machine with as many threads.
    """
    import torch
    from torch.nn.utils.rnn import pad_sequence
    from tqdm.auto import trange

    rng, losses = random.Random(seed), []
    optimizer = torch.optim.AdamW(student.parameters(), lr=lr, betas=(0.9, 0.95), weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps, pct_start=0.1)
    for _ in (bar := trange(steps, desc='distilling', unit='step')):
        batch = [torch.tensor(ids) for ids in rng.choices(sequences, k=rows)]
        ids, real = (pad_sequence(x, batch_first=True) for x in (batch, [torch.ones(len(row)) for row in batch]))
        with torch.no_grad():
            wanted = teacher(ids, use_cache=False).logits.log_softmax(-1)
        given = student(ids, use_cache=False).logits.log_softmax(-1)
        loss = ((wanted.exp() * (wanted - given)).sum(-1) * real).sum() / real.sum()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        bar.set_postfix_str(f'{losses[-1]:.3f} nats', refresh=False)
    return losses


def save_llama(model, source: str | Path, target: str | Path, dtype: str = 'bfloat16') -> Path:
    """Write the model with the tokenizer and stop ids of the checkpoint `source`; returns `target`.

    The folder appears when it is whole, in place of an earlier one that this function wrote.  The model itself stays
    as it is.  Raises FileExistsError where `target` is something else.
    """
    import torch

    source, target = Path(source), Path(target)
    made_by = {'made_by': 'save_llama'}
    room = sum(parameter.numel() for parameter in model.parameters()) * getattr(torch, dtype).itemsize
    with whole_folder(target, lambda folder: read_json(folder / _RECORD) == made_by, room) as work:
        state = {name: tensor.to(getattr(torch, dtype)) for name, tensor in model.state_dict().items()}
        model.save_pretrained(work, state_dict=state)
        for name, content in plain_tokenizer_files(source).items():
            (work / name).write_text(content, encoding='utf-8')
        write_json(work / 'generation_config.json', generation_config(source))
        write_json(work / 'config.json', read_json(work / 'config.json') | {'dtype': dtype})
        write_json(work / _RECORD, made_by)
    return target
