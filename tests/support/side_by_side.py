"""Who runs what when several workers run the tests: each file, or notebook with its cells in order, has one worker."""

from xdist.scheduler import LoadFileScheduling

# One worker runs these, so that what they share is made once: chapter 9, solved and executed.
TOGETHER = ('tests/homework/test_homework_solutions.py', 'tests/homework/grade/test_homework_solved_grade.py')
# Begun first: else one worker would still be at them when the others have nothing left.
LONGEST = (
    *TOGETHER,
    'tests/homework/test_homework_nbgrader.py',
    'tests/course/test_any_start.py',
    'tests/lessons/serving/test_serving_under_load.py',
    'tests/lessons/serving/clients/test_page.py',
)


class FilesTogether(LoadFileScheduling):
    """A unit of work is a file, those of `TOGETHER` are one, and of the mutations those of one notebook."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        if file == 'tests/course/test_mutations.py':  # each starts a notebook, as long as many other files
            return nodeid.partition(': ')[0]
        return TOGETHER[0] if file in TOGETHER else file


def longest_first(item) -> tuple:
    """To sort tests by, so that all workers end at about the same time: LONGEST, the notebooks, all others."""
    return item.nodeid.split('::')[0] not in LONGEST, item.path.suffix != '.ipynb'
