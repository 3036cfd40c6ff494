"""The plans of the campaigns: what the records hold was measured by these, case for case and in this order."""

import dataclasses
import hashlib
import json

import pytest

from benchmarks import kv_cache_matrix as matrix
from benchmarks import scaling_on_gpu as scaling
from benchmarks import speed_on_gpu as speed
from benchmarks import vision_on_gpu as vision


@pytest.mark.parametrize(
    ('program', 'campaign', 'cases', 'counts', 'digest'),
    [
        (speed, speed.Speed, speed.cases(), (39, 204), '3e65dbc1167ef611'),
        (scaling, scaling.Scaling, scaling.cases(), (30, 195), 'a489c90c5460ece7'),
        (matrix, matrix.Matrix, matrix.cases('explore'), (28, 28), '5ead4120a7c72e71'),
        (matrix, matrix.Matrix, matrix.cases('full'), (229, 229), '82d70527e2dc418a'),
        (vision, vision.Vision, vision.cases(cuda=True, tiny=False), (18, 18), '9b33e6bd13371f89'),
        (vision, vision.Vision, vision.cases(cuda=True, tiny=True), (16, 16), '105f9561e459bff8'),
        (vision, vision.Vision, vision.cases(cuda=False, tiny=False), (7, 7), '7f416f309905215e'),
        (vision, vision.Vision, vision.cases(cuda=False, tiny=True), (9, 9), 'cd688feb5e5604e8'),
    ],
)
def test_the_plan(program, campaign, cases, counts, digest):
    """(cases, measurements) and the SHA-256 of all, before and after the four programs came to share `campaign`."""
    args = program.command_line().parse_args([])
    args.gpus = [0]
    campaign = campaign(args, cases)
    plan = [[dataclasses.asdict(case), campaign.todo_of(case)] for case in cases]
    assert (len(plan), sum(len(todo) for _, todo in plan)) == counts
    assert hashlib.sha256(json.dumps(plan).encode()).hexdigest().startswith(digest)
