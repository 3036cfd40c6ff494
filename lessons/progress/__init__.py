"""Who is where in a class: learners who agreed to it report that, each in a file of their own in a shared folder.

    COURSE_CLASS=/srv/class make lab          # a learner: the form of chapter 0 asks; until they say yes it is no
    python -m lessons.progress /srv/class     # the instructor: a table

Reported are name and number as given and, of each notebook, the furthest section that was run and when something was
last run: nothing that was written or answered.  Nothing goes over a network by itself.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submod_attrs={'consent': ['agree', 'class_folder', 'own_report']}
)
