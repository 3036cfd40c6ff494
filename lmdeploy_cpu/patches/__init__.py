"""What is changed in LMDeploy, each with its reason."""

from .patching import Patches

# Each of these does what LMDeploy did before unless the engine is a CPU engine (but for one error code).  `apply` loads
# the modules that fill it.
CPU = Patches('lmdeploy_cpu')
