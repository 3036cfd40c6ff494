"""A record that is whole."""

from helpers.records import Record

RECORD = Record(
    topic='speed',
    device='NVIDIA H200',
    driver='580.95.05',
    versions={'lmdeploy': '0.18.0', 'torch': '2.10.0'},
    date='2026-11-20',
    commit='0123abc',
    model='internlm2-chat-1_8b',
    weights='random',
    data={'batch': [1, 8], 'output_tokens_per_s': [527.0, 4027.5]},
)
