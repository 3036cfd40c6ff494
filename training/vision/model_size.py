"""How large a picture is for the model.  Apart, so that what draws pictures needs no torch."""

IMAGE_SIZE = 192  # pixels a side: whatever a picture's shape, it becomes one square of this size
PATCH_SIZE = 16
IMAGE_TOKENS = (IMAGE_SIZE // PATCH_SIZE // 2) ** 2  # four patches make one token
