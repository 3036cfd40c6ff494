"""What the model is compared with: look up the nearest known question, answer what stands there."""

import math
from collections import Counter, defaultdict

from .texts import normalise


def ngrams(text: str) -> Counter:
    """Of 1 to 4 characters, over letters and digits alone."""
    text = normalise(text)
    return Counter(text[at : at + size] for size in (1, 2, 3, 4) for at in range(len(text) - size + 1))


class NearestQuestion:
    """Character n-gram TF-IDF with cosine similarity over (question, answer) pairs."""

    def __init__(self, pairs: list[tuple[str, str]]):
        counts = [ngrams(question) for question, _ in pairs]
        documents = Counter(gram for count in counts for gram in count)
        self.idf = {gram: math.log((1 + len(pairs)) / (1 + number)) + 1 for gram, number in documents.items()}
        self.answers = [answer for _, answer in pairs]
        self.postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for index, count in enumerate(counts):
            for gram, weight in self.weigh(count).items():
                self.postings[gram].append((index, weight))

    def weigh(self, count: Counter) -> dict[str, float]:
        """TF-IDF weights of unit length."""
        weights = {gram: (1 + math.log(number)) * self.idf[gram] for gram, number in count.items() if gram in self.idf}
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return {gram: weight / length for gram, weight in weights.items()}

    def answer(self, question: str) -> str:
        scores: dict[int, float] = defaultdict(float)
        for gram, weight in self.weigh(ngrams(question)).items():
            for index, other in self.postings[gram]:
                scores[index] += weight * other
        return self.answers[max(scores, key=scores.get)] if scores else ''
