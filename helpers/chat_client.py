"""The place where this was until the course's house was rebuilt; tiny-chat's answers still name it."""

import runpy

if __name__ == '__main__':
    runpy.run_module('lessons.serving.clients.terminal', run_name='__main__')
