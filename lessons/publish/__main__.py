"""Write a folder that publishes a model's chat page, try it here, and show the lines that upload it.

make demo ARGS='models/tiny-chat'
make demo ARGS='models/tiny-chat --sdk docker --dry-run --upload modelscope OWNER/NAME'
"""

import argparse
import sys
from pathlib import Path

from helpers.files import tilde
from lmdeploy_cpu.terminal import print_anything
from translations.messages import shown

from .folder import HUBS, SDKS, TIERS, demo
from .trial import dry_run
from .upload import PLATFORMS, upload_commands


def main(arguments: list[str] | None = None) -> None:
    print_anything()
    parser = argparse.ArgumentParser(prog='make demo', description=shown(__doc__.splitlines()[0]))
    parser.add_argument('model', metavar='MODEL', help=shown("a checkpoint's folder, or a hub's id"))
    parser.add_argument('--folder', type=Path, default='build/demo', help=shown('what to write (default: build/demo)'))
    parser.add_argument('--sdk', choices=SDKS, default='gradio', help=shown('how the platform builds it'))
    parser.add_argument('--tier', choices=TIERS, default='cpu', help=shown('the machine there'))
    parser.add_argument('--hub', choices=HUBS, default='huggingface', help=shown('where an id is looked up'))
    parser.add_argument('--title', default='', help=shown("of the page (default: the model's name)"))
    parser.add_argument(
        '--dry-run', nargs='?', const='new', choices=('new', 'this'),
        help=shown('try it: in an environment made for it (gigabytes), or in this one'),
    )  # fmt: skip
    parser.add_argument(
        '--upload', nargs=2, metavar=('PLATFORM', 'OWNER/NAME'),
        help=shown(f'show the lines for {" or ".join(PLATFORMS)}; nothing is uploaded here'),
    )  # fmt: skip
    options = parser.parse_args(arguments)
    try:
        made = demo(
            options.model, options.folder, sdk=options.sdk, tier=options.tier, title=options.title, hub=options.hub
        )
        print(shown(f'{tilde(made)} is written'))
        if options.dry_run:
            print(shown(dry_run(made, environment=options.dry_run)))
        if options.upload:
            for purpose, lines in upload_commands(made, *options.upload).items():
                print(f'# {shown(purpose)}', *lines, sep='\n')
    except (ValueError, OSError, RuntimeError) as error:
        sys.exit(f'make demo: {shown(error)}')


if __name__ == '__main__':
    main()
