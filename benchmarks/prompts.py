"""A prompt of an exact length."""


def prompt_of(tokenizer, length: int) -> list[dict]:
    """A conversation that the chat template turns into exactly `length` tokens."""
    words = ''
    for _ in range(4 * length):
        messages = [{'role': 'user', 'content': words}]
        count = len(tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)['input_ids'])
        if count == length:
            return messages
        words += ' a' if count < length else ''
    raise ValueError(f'no prompt of exactly {length} tokens')
