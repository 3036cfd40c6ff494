"""What can be said of a page without opening it: its dry run.  An address is for the instructor to open."""

from homework.schema import Evidence, Trial

from .verdicts import MET, NOT_CHECKED, NOT_MET, Criterion, Finding, criterion

MOST_MIB = 16 * 1024  # of the free machine on either platform


def judged(evidence: Evidence) -> Criterion:
    """A dry run that ended cleanly, or an address, which nobody opens here."""
    if not evidence.demos:
        return criterion(NOT_MET, 'incomplete')
    demo = evidence.demos[-1]
    if demo.trial is None:
        if demo.address:
            return criterion(NOT_CHECKED, 'page-address', address=demo.address)
        return criterion(NOT_MET, 'incomplete')
    if wrong := _odd(demo.trial):
        return Criterion(NOT_MET, tuple(wrong))
    values = {'ready': demo.trial.ready_s, 'mib': demo.trial.memory_mib}
    return criterion(MET, 'page-tried', **values)


def _odd(trial: Trial) -> list[Finding]:
    wrong = []
    if trial.exit_code != 0:
        wrong.append(Finding('page-exit', {'found': trial.exit_code}))
    if not trial.answer.strip():
        wrong.append(Finding('page-silent'))
    if not 0 < trial.memory_mib < MOST_MIB:
        wrong.append(Finding('page-memory', {'found': trial.memory_mib, 'most': MOST_MIB}))
    return wrong
