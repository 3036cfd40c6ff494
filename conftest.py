"""nbval: stderr of a cell is not compared, because warnings and logs differ from machine to machine."""


def pytest_collectstart(collector):
    if collector.path.suffix == '.ipynb':
        collector.skip_compare += ('stderr',)
