"""Exercises of chapter 2: what the engine reads, seeds, what a batch can gain, a system prompt that is not heeded."""

from collections.abc import Sequence

from .checking import exercise
from .judging import Result, amount, choice, expect, judged


def _answers(given) -> bool:
    return all(hasattr(answer, 'generate_token_len') and hasattr(answer, 'input_token_len') for answer in given)


@exercise('2.1')
def tokens_in(count, turns, tokenizer) -> Result:
    """How many tokens the engine reads when the conversation `turns` is sent."""
    fits = isinstance(turns, list) and all(isinstance(turn, dict) and 'content' in turn for turn in turns)
    expect(fits and bool(turns), 'turns is the list of messages in the cell.')
    expect(hasattr(tokenizer, 'apply_chat_template'), 'tokenizer is the one of section 2.3.')

    def length(messages, begins=True) -> int:
        text = tokenizer.apply_chat_template(messages, add_generation_prompt=begins, tokenize=False)
        return len(tokenizer(text, add_special_tokens=False).input_ids)

    bare = ''.join(turn['content'] for turn in turns)
    last, users = turns[-1:], [turn for turn in turns if turn['role'] == 'user']
    return amount(
        count,
        length(turns),
        'tokens',
        slips=[
            (length(last), 'That is the last message alone: the whole conversation goes in again.'),
            (length(users), "The model's own answers are part of the conversation, and go in too."),
            (
                len(tokenizer(bare, add_special_tokens=False).input_ids),
                'The template adds tokens to each message.',
            ),
            (len(bare), 'Those are characters: the model reads tokens.'),
            (length(turns, begins=False), "The template also opens the model's turn: add_generation_prompt=True."),
        ],
        tolerance=0,
        because='And all of them again, and more, at the next question.',
    )


@exercise('2.2')
def seeds(told) -> Result:
    """Three stories: one seed twice, then another."""
    fits = isinstance(told, Sequence) and not isinstance(told, str) and len(told) == 3
    expect(fits, 'told is a list of three stories: a seed, the same seed, another seed.')
    texts = [getattr(story, 'text', story) for story in told]
    expect(all(isinstance(text, str) and text.strip() for text in texts), 'each of the three is a text, not empty.')
    first, again, other = texts
    if first == again == other:
        return judged(
            False,
            'Three times the same: that is the trap. Without do_sample=True it is greedy, and neither seed nor '
            'temperature count. Or all three have one seed.',
        )
    if first != again:
        return judged(False, 'The first two differ: set random_seed, the same for both.')
    return judged(True, 'Right: one seed repeats, another tells another story.')


@exercise('2.3')
def most_gain(times, responses) -> Result:
    """How many times as fast a batch is at most, if a step takes as long for all as for one."""
    fits = isinstance(responses, Sequence) and len(responses) > 1 and _answers(responses)
    expect(fits, "responses is answers['together'] of section 2.6.")
    lengths = [response.generate_token_len for response in responses]
    total, longest = sum(lengths), max(lengths)
    return amount(
        times,
        total / longest,
        'times',
        slips=[
            (len(lengths), 'Only if all answers were equally long: the short ones leave early.'),
            (total, 'Those are the steps one after the other: divide by the steps together.'),
            (longest, 'Those are the steps together: how many are they one after the other?'),
            (longest / total, 'Turn it over: the steps one after the other by the steps together.'),
            (longest / min(lengths), 'The longest by the shortest is no gain of the batch.'),
        ],
        because=f'{total} steps become {longest}: the longest answer decides.',
    )


@exercise('2.4')
def unheeded(letter, plain, named) -> Result:
    """Why the model does not take its name from the system prompt; two responses, without and with one."""
    expect(_answers([plain, named]), 'plain and named are responses of pipe, without and with a system prompt.')
    more = named.input_token_len - plain.input_token_len
    if more <= 0:
        return judged(False, 'named has no more tokens in than plain: put the system message before the question.')
    right = 'd' if 'momo' in named.text.lower() else 'c'
    went_in = f'It went in: {more} more tokens were read.'
    reasons = {
        'a': went_in,
        'b': f'{went_in} The template wrote it out.',
        'c': f'{went_in} A system prompt is text; only a model that was trained to heed it does.',
        'd': f'{went_in} Read the two answers again: does the name change?',
    }
    return choice(letter, right, reasons)
