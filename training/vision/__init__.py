"""How tiny-vlm is made: pictures drawn by code, talk about them, training, evaluation."""
