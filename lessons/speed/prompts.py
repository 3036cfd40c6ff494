"""Prompts of one's own to measure with, from a file."""

from pathlib import Path

from lessons.text_files import read_text_file


def load_prompts(
    path: str | Path, *, field: str | None = None, encoding: str | None = None, format: str | None = None
) -> list[str]:
    """Read prompts, what a user would say, one string each; print what was read.

    `.jsonl`, `.json`: strings, or objects with one of the fields prompt, question, text, instruction, input; of a
    conversation (OpenAI's `messages`, ShareGPT's `conversations`) the first user message.  `.csv`, `.tsv`: the column
    of one of those names, the only column otherwise.  Any other: a prompt a line.  Empty lines are left out.

    Args:
        field, encoding, format: where it is not clear; see `read_text_file`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: there is no prompt in it, a line is none, or it is not clear what is meant; the message says where.
    """
    path = Path(path).expanduser()
    if not path.exists():
        raise FileNotFoundError(f'no file {path}: write one prompt a line into it, or give another path')
    found = read_text_file(path, field=field, encoding=encoding, format=format)
    prompts = found.prompts()
    if not prompts:
        raise ValueError(f'{path} has no prompt in it')
    print(found.shown(prompts, 'prompts', found.beside_prompts()))
    return prompts


def prompt_ids(tokenizer, prompts: list[str]) -> list[list[int]]:
    """Token ids as a model gets them: each prompt as the first message of a conversation, in the chat template."""
    return [
        tokenizer.apply_chat_template(
            [{'role': 'user', 'content': prompt}], add_generation_prompt=True, return_dict=True
        )['input_ids']
        for prompt in prompts
    ]
