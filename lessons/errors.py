"""How an answer ended: LMDeploy hands errors over as answers, and cuts answers off without a word."""


def raise_for_error(response) -> None:
    """Raise RuntimeError with the engine's message if `response` (an `lmdeploy.messages.Response`) is an error."""
    if response.finish_reason == 'error':
        raise RuntimeError(response.error_message)


def cut_off(response) -> str | None:
    """Say that the answer was cut off; None when it ended by itself, or has not ended."""
    if response.finish_reason != 'length':
        return None
    return (
        f'The answer was cut off after {response.generate_token_len} tokens (max_new_tokens, or the context is full).'
    )
