"""python -m homework pack [--name NAME] [--language en|zh] [--link TITLE=ADDRESS] [--out FOLDER]
python -m homework check
python -m homework grade FILE… --csv grades.csv
"""

import argparse
import sys
from pathlib import Path

from helpers.troubleshooting import pointer
from lmdeploy_cpu.terminal import print_anything
from translations.messages import shown

from .evidence import HomeworkError


def main(arguments: list[str] | None = None) -> int:
    print_anything()
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ['grade']:
        from .grade import grade

        return grade.main(arguments[1:])
    parser = argparse.ArgumentParser(prog='python -m homework', description=shown('homework: check, pack, grade'))
    kinds = parser.add_subparsers(dest='what', required=True)
    packing = kinds.add_parser('pack', help=shown('write submission-NAME.zip from what was collected'))
    packing.add_argument('--name', help=shown('default: the name in the evidence'))
    packing.add_argument('--language', choices=('en', 'zh'), help=shown('of the notes; default: that of the evidence'))
    packing.add_argument(
        '--link', action='append', default=[], metavar='TITLE=ADDRESS', help=shown('something that lies elsewhere')
    )
    packing.add_argument('--out', type=Path, help=shown('folder for the archive; default: submission/'))
    kinds.add_parser('check', help=shown('what is still missing')).add_argument(
        '--language', choices=('en', 'zh'), help=shown('default: as $COURSE_LANG or the locale says')
    )
    kinds.add_parser('grade', help=shown('for instructors: grade submissions'))
    args = parser.parse_args(arguments)
    from .collect.pack import check_tasks, pack_submission

    try:
        if args.what == 'check':
            check_tasks(args.language)
            return 0
        links = dict(link.partition('=')[::2] for link in args.link)
        print(shown(pack_submission(args.name, language=args.language, links=links, out=args.out)))
    except (HomeworkError, OSError) as error:
        print(f'{shown(error)}{pointer(error)}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
