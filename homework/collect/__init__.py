"""The learner's side: evidence, card, report, submission."""
