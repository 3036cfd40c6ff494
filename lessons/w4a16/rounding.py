"""Rounding one weight matrix to 4 bits, in the three ways that LMDeploy's formats know: plain, AWQ, GPTQ.

Readable references on float32 tensors.  A weight is [out, in]; each group of `group_size` neighbours along the inputs
shares one scale and one zero: weight ≈ (q - zero) · scale with q and zero in 0..15.
"""

PACK_ORDER = (0, 2, 4, 6, 1, 3, 5, 7)  # AWQ: which of eight neighbours lies in which four bits, lowest first


def group_grid(weight, group_size: int = 128):
    """Scale and zero of each group, [out, in / group_size, 1]; LMDeploy's own rule (`pseudo_quantize_tensor`).

    Raises ValueError if the groups do not fill the rows.
    """
    if weight.shape[1] % group_size:
        raise ValueError(f'{weight.shape[1]} inputs are no whole number of groups of {group_size}')
    groups = weight.unflatten(1, (-1, group_size))
    low, high = groups.amin(-1, keepdim=True), groups.amax(-1, keepdim=True)
    scale = (high - low).clamp(min=1e-5) / 15
    return scale, (-(low / scale).round()).clamp(0, 15)


def to_grid(weight, scale, zero):
    """The whole numbers 0..15 that stand for `weight`, whose shape broadcasts with scale and zero."""
    return ((weight / scale).round() + zero).clamp(0, 15)


def round_plain(weight, group_size: int = 128):
    """`weight` [out, in] with each value at the nearest point of its group's grid."""
    scale, zero = group_grid(weight, group_size)
    return ((to_grid(weight.unflatten(1, (-1, group_size)), scale, zero) - zero) * scale).flatten(1)


def round_awq(weight, inputs, group_size: int = 128, points: int = 20):
    """Plain rounding of a weight whose input channels are scaled up by how large their activations are: AWQ.

    inputs [tokens, in].  For each exponent in 0, 1/points, …: channel scales = mean |activation| ** exponent; the
    weight is scaled, rounded, scaled back; that with the least error in the layer's output is kept.
    Returns (rounded weight, exponent, errors of all exponents).  Source: Lin et al., AWQ, arXiv 2306.00978, 3.2.
    """
    size, best, errors = inputs.abs().mean(0).clamp(min=1e-4), None, []
    for exponent in (point / points for point in range(points)):
        channels = size**exponent
        channels = channels / (channels.max() * channels.min()).sqrt()
        rounded = round_plain(weight * channels, group_size) / channels
        errors.append(output_error(weight, rounded, inputs))
        if errors[-1] == min(errors):
            best = rounded, exponent
    return *best, errors


def round_gptq(weight, inputs, group_size: int = 128, damping: float = 0.01):
    """Rounds column after column; what each rounding changes in the output, the columns after it make good: GPTQ.

    inputs [tokens, in] give the Hessian of the output's error, inputsᵀ · inputs; `damping`: the share of its mean
    diagonal that is added to it.  Source: Frantar et al., GPTQ, arXiv 2210.17323, algorithm 1.
    """
    import torch

    hessian = inputs.T @ inputs
    hessian += damping * hessian.diagonal().mean() * torch.eye(len(hessian), device=hessian.device)
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(hessian))
    inverse = torch.linalg.cholesky(inverse, upper=True)  # row i: how the columns from i on make good an error in i
    left, rounded = weight.clone(), torch.empty_like(weight)
    for i in range(weight.shape[1]):
        if i % group_size == 0:
            scale, zero = (grid[:, 0, 0] for grid in group_grid(left[:, i : i + group_size], group_size))
        rounded[:, i] = (to_grid(left[:, i], scale, zero) - zero) * scale
        error = (left[:, i] - rounded[:, i]) / inverse[i, i]
        left[:, i:] -= error[:, None] * inverse[i, i:]
    return rounded


def output_error(weight, rounded, inputs) -> float:
    """Mean squared change of the layer's output, as a share of the output's mean square."""
    exact = inputs @ weight.T
    return ((inputs @ rounded.T - exact).square().mean() / exact.square().mean()).item()


def pack_int4(numbers):
    """[rows, columns] of 0..15 → int32 [rows, columns / 8], AWQ's layout: `numbers` are [in, out] for a weight."""
    import torch

    eight = numbers.to(torch.int64).unflatten(1, (-1, 8))
    packed = sum(eight[..., neighbour] << (4 * place) for place, neighbour in enumerate(PACK_ORDER))
    return torch.where(packed < 2**31, packed, packed - 2**32).to(torch.int32)


def unpack_int4(packed):
    """int32 [rows, columns] → 0..15, int32 [rows, columns · 8]; undoes `pack_int4`."""
    import torch

    places = [(packed >> (4 * place)) & 15 for place in range(8)]
    return torch.stack([places[PACK_ORDER.index(neighbour)] for neighbour in range(8)], -1).flatten(1)


def unpacked_weight(tensors: dict, name: str):
    """The float32 weight [out, in] that an AWQ checkpoint's `name`.qweight, .qzeros and .scales stand for."""
    number, zero = unpack_int4(tensors[f'{name}.qweight']), unpack_int4(tensors[f'{name}.qzeros'])
    scale = tensors[f'{name}.scales'].float()
    groups = number.unflatten(0, (len(scale), -1))
    return ((groups - zero[:, None]) * scale[:, None]).flatten(0, 1).T.contiguous()


def layer_inputs(model, name: str, sequences: list[list[int]]):
    """What the linear layer `name` of a transformers model reads, [tokens, in], while each sequence of ids runs."""
    import torch

    seen, layer = [], model.get_submodule(name)
    hook = layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0][0].float()))
    try:
        with torch.no_grad():
            for ids in sequences:
                model(torch.tensor([ids], device=layer.weight.device))
    finally:
        hook.remove()
    return torch.cat(seen)
