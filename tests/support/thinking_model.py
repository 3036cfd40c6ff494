"""A stand-in for a model that thinks when asked to: tiny-chat, with a handful of conversations learnt by heart."""

from pathlib import Path

import torch
from torch.nn import functional as F

from training.chat.train import save
from training.model import load
from training.tokenizer import IM_END, encode_chat, load_tokenizer, with_thinking

ROOT = Path(__file__).resolve().parents[2]
SUM, PRODUCT, FORM, INSIDE = 'What is 3 + 4 + 5?', 'What is 57 times 83?', 'Give 3 + 4 as JSON.', 'Hide the call.'
STEPS, ANSWER = '3 + 4 = 7\n7 + 5 = 12', '3 + 4 + 5 = 12.'
CALL = '<|action_start|><|plugin|>{"name": "mul", "parameters": {"a": 57, "b": 83}}<|action_end|>'
PLAN, RESULT, SAID = 'I call mul: a = 57, b = 83.', 'The result is 4731.', '57 times 83 is 4731.'
JSON_THOUGHT, JSON = '3 + 4 = 7', '{"sum": 7}'
TOOLS = [{'type': 'function', 'function': {'name': 'mul', 'parameters': {'type': 'object'}}}]
LISTED = '[{"name": "mul", "parameters": {"type": "object"}}]'


def user(text: str) -> dict:
    return {'role': 'user', 'content': text}


def learnt() -> list[tuple[list[dict], bool, str]]:
    """(messages, whether a thought is asked for, what it writes next)"""
    tools = {'role': 'tools', 'content': LISTED}
    called = [tools, user(PRODUCT), {'role': 'assistant', 'content': CALL}, {'role': 'tool', 'content': '4731'}]
    return [
        ([user(SUM)], False, ANSWER),
        ([user(SUM)], True, f'{STEPS}\n</think>\n\n{ANSWER}'),
        # as behind a thought that was cut: the next words are the answer
        ([user(SUM)], None, ANSWER),
        ([user(FORM)], False, JSON),
        ([user(FORM)], True, f'{JSON_THOUGHT}\n</think>\n\n{JSON}'),
        ([tools, user(PRODUCT)], False, CALL),
        ([tools, user(PRODUCT)], True, f'{PLAN}\n</think>\n\n{CALL}'),
        ([tools, user(INSIDE)], True, f'{PLAN}\n{CALL}\n</think>\n\n{SAID}'),
        (called, True, f'{RESULT}\n</think>\n\n{SAID}'),
    ]


def make(folder: Path) -> Path:
    """The checkpoint in `folder`, which writes what it learnt, greedily.  Raises RuntimeError where it does not."""
    tokenizer = with_thinking(load_tokenizer(ROOT / 'models' / 'tiny-chat'))
    rows = []
    for messages, thinking, text in learnt():
        prompt = encode_chat(tokenizer, messages, thinking is not False)
        if thinking is None:  # the first step alone was thought
            prompt += tokenizer.encode('3 + 4 = 7\n</think>\n\n').ids
        rows.append((prompt, [*tokenizer.encode(text).ids, IM_END]))
    model = load(ROOT / 'models' / 'tiny-chat').train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    width = max(len(prompt) + len(answer) for prompt, answer in rows)
    tokens = torch.full((len(rows), width), 2)
    wanted = torch.full((len(rows), width), -100)
    for row, (prompt, answer) in enumerate(rows):
        tokens[row, : len(prompt) + len(answer)] = torch.tensor(prompt + answer)
        wanted[row, len(prompt) : len(prompt) + len(answer)] = torch.tensor(answer)
    asked = wanted[:, 1:] >= 0  # of the other places no logits are needed
    for _ in range(60):
        losses = F.cross_entropy(
            model.output(model.hidden(tokens[:, :-1])[asked]), wanted[:, 1:][asked], reduction='none'
        )
        if losses.max() < 0.2:  # every token is sure enough to be the greedy one, in bf16 too
            break
        losses.mean().backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    save(model, tokenizer, folder, {})
    found = model.eval().generate([prompt for prompt, _ in rows], 120, {IM_END})
    for (_, answer), tokens in zip(rows, found, strict=True):
        if tokens != answer[:-1]:
            raise RuntimeError(f'the stand-in says {tokenizer.decode(tokens)!r}, not {tokenizer.decode(answer[:-1])!r}')
    return folder
