"""How models/tiny-chat was made: texts, corpus, training, evaluation, model card."""
