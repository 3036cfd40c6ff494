"""Deep dive 5: an agent in forty lines: a loop, three tools, a limit, twenty tasks and how many of them it solves."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        'calculator': ['calculate'],
        'clock': ['tell_time'],
        'loop': ['Run', 'run'],
        'pages': ['Pages'],
        'rate': ['interval', 'table'],
        'scripted': ['ScriptedClient', 'calls', 'says'],
        'tasks': ['TWENTY', 'is_solved'],
        'tools': ['Tool', 'Toolbox', 'course_tools', 'small_sums'],
    },
)
