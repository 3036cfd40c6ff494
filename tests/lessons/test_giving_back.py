"""A chapter's end gives nothing back before somebody clicks."""

import ipywidgets

from lessons.giving_back import give_back


def test_nothing_ends_before_the_click_and_each_thing_in_its_way_after_it():
    diary = []

    def thing(name, way, *others):
        def end(self, **_):
            diary.append(f'{way} {name}')

        return type(name, (), {way: end, **dict.fromkeys(others)})()

    class Box(ipywidgets.VBox):
        def stop(self):
            diary.append('stop box')

        def close(self):
            diary.append('close box')

    end = give_back(thing('server', 'stop'), thing('page', 'close', 'launch'), thing('pipe', 'close'), Box())
    assert diary == []
    assert 'still answers' in end.said
    end.now()
    assert diary == ['stop server', 'close page', 'close pipe', 'close box']
    assert end.said.startswith('Given back')
    end.now()
    assert len(diary) == 4, 'once'
    assert repr(end) == 'GivingBack()'
