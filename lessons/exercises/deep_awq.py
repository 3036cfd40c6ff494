"""Exercises of the deep dive on AWQ: an int32 of the checkpoint by hand, and roundings on text they never saw."""

from collections.abc import Mapping

from lessons.w4a16.rounding import PACK_ORDER, output_error, unpack_int4

from .checking import exercise
from .judging import Result, amount, expect, judged, number_in


@exercise('awq.1')
def eight_neighbours(neighbours, number) -> Result:
    """The eight 4-bit numbers in an int32 of the checkpoint, in the order of the weights; `number`: that int32."""
    import torch

    whole = isinstance(number, int) and not isinstance(number, bool) and -(2**31) <= number < 2**31
    expect(whole, 'number is the int32 that the cell reads from the checkpoint.')
    fits = isinstance(neighbours, list | tuple) and len(neighbours) == 8
    expect(fits, 'neighbours is a list of eight numbers.')
    given = [number_in(n, zero=True) for n in neighbours]
    right = unpack_int4(torch.tensor([[number]], dtype=torch.int32))[0].tolist()
    lowest_first = [number >> 4 * place & 15 for place in range(8)]
    if given == right:
        return judged(True, f'Right: {", ".join(map(str, right))}.')
    if max(given) > 15:
        return judged(False, 'Four bits hold 0 to 15.')
    if given == lowest_first:
        return judged(False, 'Taken apart rightly; now the order: the lowest four are neighbours 0, 2, 4, 6.')
    if given == lowest_first[::-1]:
        return judged(False, 'Begin with the lowest four bits; and they are neighbours 0, 2, 4, 6.')
    if given == right[::-1]:
        return judged(False, 'The right order, but from the last neighbour to the first.')
    if given == [lowest_first[place] for place in PACK_ORDER]:
        return judged(False, 'Place p holds neighbour PACK_ORDER[p]; you took neighbour n from place PACK_ORDER[n].')
    if sorted(given) == sorted(right):
        return judged(False, 'The right numbers in another order: compare with the lines of section 5.')
    wrong = [str(n) for n, (a, b) in enumerate(zip(given, right, strict=True)) if a != b]
    return judged(False, f'Not right yet: neighbour {", ".join(wrong)}.')


@exercise('awq.2')
def loses_on_other_text(loses, W, rounded, texts) -> Result:
    """How many times as large each rounding's error is on other conversations as on those of the calibration.

    Args:
        loses: {'AWQ': …, 'GPTQ': …}.
        W: the weight [out, in].
        rounded: {'AWQ': …, 'GPTQ': …}, made with the first of the texts.
        texts: inputs of the layer, [tokens, in] each: of the calibration, and others.
    """
    import torch

    names = ('AWQ', 'GPTQ')
    whole = isinstance(W, torch.Tensor) and W.ndim == 2 and isinstance(rounded, Mapping) and set(rounded) == set(names)
    whole = whole and isinstance(texts, list | tuple) and len(texts) == 2
    tensors = [*rounded.values(), *texts] if whole else []
    whole = whole and all(isinstance(t, torch.Tensor) and t.shape[1:] == W.shape[1:] for t in tensors)
    expect(bool(whole), 'W, rounded and texts are those of section 5, kept for this exercise.')
    fits = isinstance(loses, Mapping) and set(loses) == set(names)
    expect(bool(fits), "loses is a dictionary with 'AWQ' and 'GPTQ'.")
    errors = {name: [output_error(W, rounded[name], inputs) for inputs in texts] for name in names}
    right = {name: other / heard for name, (heard, other) in errors.items()}
    verdicts = {}
    for name, another in (names, names[::-1]):
        heard, other = errors[name]
        verdicts[name] = amount(
            loses[name],
            right[name],
            'times',
            slips=[
                (right[another], f'That is {another}.'),
                (heard / other, 'Turn it over: the error on the other text by that on the calibration text.'),
                (right[name] ** 0.5, 'That compares the roots; output_error is the mean square.'),
                (other, 'That is the error on the other text: divide it by that on the calibration text.'),
                (heard, 'That is the error on the calibration text.'),
                (abs(right[name] - 1), 'So much more; asked for is how many times as much.'),
            ],
        )
    more = max(right, key=right.get)
    after = min(names, key=lambda name: errors[name][1])
    said = [f'{name}: {verdict.sentences[0]}' for name, verdict in verdicts.items()]
    if not all(verdicts.values()):
        return judged(False, *said)
    return judged(True, *said, f'{more} loses more; on the other text {after} is the better one.')
