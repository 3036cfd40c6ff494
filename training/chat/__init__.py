"""How tiny-chat is made: texts, corpus, training, evaluation, model card."""
