"""The operators in plain torch, each beside the LMDeploy kernel that it follows.

`kernels/…` and `backends/…` in docstrings are below `lmdeploy/pytorch`.  Shapes: T tokens of all sequences of a step,
B sequences, H heads, D the width of a head; sizes of memory are bytes, times seconds.
"""
