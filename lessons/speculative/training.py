"""Training the draft head for tiny-chat: `python -m lessons.speculative.training [--steps 700] [--out FILE]`.

Half an hour on two cores, minutes with `--device cuda`.  To be run again when tiny-chat was trained anew: the file says
for which weights it was made, and how.

The target reads conversations (lessons/data/calibration.jsonl); the head learns what the target would say next, from
its hidden states at the first guess, and from the head's own at the second.  A tenth is kept back, to measure.
"""

import argparse
import datetime
import random
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from helpers import model_path
from helpers.files import write_whole
from lessons.llama import llama_folder
from lessons.texts import load_tokenizer, rows

from .draft import DraftHead, DraftShape
from .tiny_draft import KEPT, packed, target_sha256

LENGTH, BATCH, KEPT_BACK = 256, 8, 12  # tokens of a piece, pieces of a step, one of so many pieces is kept back


@dataclass(frozen=True)
class Pieces:
    """Token ids [N, LENGTH], the target's hidden states [N, LENGTH, width], and what it would say next [N, LENGTH]."""

    ids: torch.Tensor
    hidden: torch.Tensor
    best: torch.Tensor

    def part(self, index) -> 'Pieces':
        return Pieces(self.ids[index], self.hidden[index], self.best[index])


def read_by(target, tokenizer, most: int | None = None) -> Pieces:
    """The conversations, shuffled, one behind the other, cut into pieces, `most` of them at most."""
    texts = [tokenizer.apply_chat_template(r['messages'], tokenize=False) for r in rows('calibration.jsonl')]
    random.Random(0).shuffle(texts)
    stream = [i for text in texts for i in tokenizer(text, add_special_tokens=False).input_ids]
    ids = torch.tensor(stream[: len(stream) // LENGTH * LENGTH]).view(-1, LENGTH)[:most]
    with torch.no_grad():
        ids = ids.to(target.device)
        hidden = torch.cat([target.model(part).last_hidden_state for part in ids.split(16)])
        best = torch.cat([target.lm_head(part).argmax(-1) for part in hidden.split(16)])
    return Pieces(ids, hidden, best)


def guesses(head: DraftHead, target, pieces: Pieces, count: int):
    """For guess 1, 2, … of all positions: guessed hidden states, scores of tokens, the true states, the true tokens."""
    hidden = pieces.hidden[:, :-1]
    for i in range(1, count + 1):
        guessed = head(target.get_input_embeddings()(pieces.ids[:, i:]), hidden)
        yield guessed, target.lm_head(guessed), pieces.hidden[:, i:], pieces.best[:, i:]
        hidden = guessed[:, :-1]


def agreement(head: DraftHead, target, pieces: Pieces, count: int = 3) -> list[float]:
    """The share of tokens at which guess 1, 2, … is the target's own, wherever the tokens before it were the text's."""
    with torch.no_grad():
        return [
            (scores.argmax(-1) == best).float().mean().item()
            for _, scores, _, best in guesses(head, target, pieces, count)
        ]


def train(target, pieces: Pieces, steps: int, peak_lr: float = 3e-3) -> DraftHead:
    """A head that has learnt from `pieces`; a line every fiftieth of the way."""
    torch.manual_seed(0)
    head = DraftHead(target.config.hidden_size, DraftShape()).to(target.device)
    with torch.no_grad():  # it begins with a guess that the next state is like the last one
        head.fc.weight.mul_(0.3)
        head.fc.weight[:, target.config.hidden_size :] += 0.5 * torch.eye(
            target.config.hidden_size, device=target.device
        )
    optimizer = torch.optim.AdamW(head.parameters(), lr=peak_lr, weight_decay=0.02, betas=(0.9, 0.95))
    for step in range(steps):
        optimizer.param_groups[0]['lr'] = peak_lr * min(1, (step + 1) / 30) * max(0.02, 1 - step / steps)
        drawn, loss = pieces.part(torch.randperm(len(pieces.ids))[:BATCH]), 0
        for guessed, scores, hidden, best in guesses(head, target, drawn, 2):
            loss = loss + F.cross_entropy(scores.flatten(0, 1), best.flatten()) + F.smooth_l1_loss(guessed, hidden) / 2
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(head.parameters(), 1.0)
        optimizer.step()
        if step % max(1, steps // 50) == 0:
            print(f'step {step}: loss {loss.item():.3f}', flush=True)
    return head


def main(steps: int, device: str, out: Path, pieces: int | None = None) -> None:
    from transformers import AutoModelForCausalLM

    folder = llama_folder(model_path('tiny-chat'))
    target = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, trust_remote_code=False).to(device)
    target.requires_grad_(False)
    pieces = read_by(target, load_tokenizer(folder), pieces)
    kept_back = len(pieces.ids) // KEPT_BACK
    head = train(target, pieces.part(slice(kept_back, None)), steps)
    shares = ', '.join(f'{share:.3f}' for share in agreement(head, target, pieces.part(slice(kept_back))))
    print('agreement of guess 1, 2, 3:', shares)
    made = {
        'command': f'python -m lessons.speculative.training --steps {steps} --device {device}',
        'target_sha256': target_sha256(),
        'date': datetime.date.today().isoformat(),
        'torch': torch.__version__,
        'agreement': shares,
    }
    kept = packed({name: tensor.cpu() for name, tensor in head.state_dict().items()})
    write_whole(out, lambda path: save_file(kept, path, made))


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--steps', type=int, default=700)
    parser.add_argument('--device', default='cpu', choices=['cpu', 'cuda'])
    parser.add_argument('--out', type=Path, default=KEPT, help='the file to write')
    parser.add_argument('--pieces', type=int, help=f'read so many pieces of {LENGTH} tokens alone')
    args = parser.parse_args()
    main(args.steps, args.device, args.out, args.pieces)
