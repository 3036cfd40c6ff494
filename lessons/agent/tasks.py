"""Twenty tasks with exact answers.  They were written down before an agent first ran on them, and stay as they are.

Three of the five kinds have the form of tiny-chat's training: sums that take one call, sums that take two, the time in
a city.  Two do not: other operations, and a search, of which it has never heard.
"""

import re
from dataclasses import dataclass

from .loop import Run

# The moment at which the tasks are set: noon in UTC, on a day without summer time in Europe.
NOON = '2026-03-02T12:00+00:00'


@dataclass(frozen=True, slots=True)
class Task:
    """A question, and the text that its answer has to hold as a word of its own."""

    kind: str
    question: str
    right: str


TWENTY = (
    Task('one sum', 'What is 57 times 83?', '4731'),
    Task('one sum', '用工具算一下 408 加 977', '1385'),
    Task('one sum', 'Multiply 36 by 125.', '4500'),
    Task('one sum', 'There are 12 boxes with 24 eggs each. How many is that in total?', '288'),
    Task('one sum', 'Please tell me how much one gets for 2345 and 678 together', '3023'),
    Task('two sums', 'Add 12 and 30, then multiply the result by 2.', '84'),
    Task('two sums', 'What is (125 + 75) * 31?', '6200'),
    Task('two sums', '先把 15 和 27 相乘，再加上 100', '505'),
    Task('two sums', 'I buy 14 pens for 3 yuan each and a book for 58 yuan. What do I pay?', '100'),
    Task('time', 'What time is it in Beijing?', '20:00'),
    Task('time', '东京现在几点？', '21:00'),
    Task('time', 'How late is it in Paris?', '13:00'),
    Task('time', 'Tell me the time in Cairo, please.', '14:00'),
    Task('other sums', 'What is 1000 minus 358?', '642'),
    Task('other sums', 'What is 2 to the power of 16?', '65536'),
    Task('other sums', 'What is 12 + 30 + 5 + 200?', '247'),
    Task('search', 'Search the course: which file teaches prefix caching?', '03_roofline_and_prefix_caching.ipynb'),
    Task('search', 'Search the course: in which file do I publish my model?', '08_publish.ipynb'),
    Task('search', 'Search the course for tensor parallelism and name the file.', '10_scaling.ipynb'),
    Task('search', 'Search the course for AWQ and name the deep dive on how it works.', '04_awq.ipynb'),
)


def is_solved(task: Task, run: Run) -> bool:
    """Whether the run ended with an answer that has the right text, not as a part of a longer number or word.

    A thousands' comma is read over.  That a tool was called is not asked for: the answer counts.
    """
    answer = re.sub(r'(?<=\d),(?=\d{3}\b)', '', run.answer)
    return bool(re.search(rf'(?<![\w.]){re.escape(task.right)}(?!\w|\.\d)', answer, re.ASCII))
