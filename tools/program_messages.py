"""Which messages the programs have: `python tools/translate.py` keeps translations/zh/messages.po by them.

A message is text in `raise …`, in `shown(…)` and `message(…)`, and what ends a program.  In the modules of SPEAKING,
which put sentences together from parts, it is every text of several words (there in some functions alone).  The values
of an f-string become `{name}`, as `str.format` has them; `shown(__doc__…)` is the first line of the module's text.  No
messages: what only developers meet (OUTSIDE), and what cells print, which stays English.
"""

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir

from helpers.environment import CHECKS
from translations import catalogues
from translations.messages import ARGPARSE, WORDS

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ('lmdeploy_cpu', 'helpers', 'lessons', 'homework')  # and what learners start:
TOOLS = ('tools/bootstrap.py', 'tools/copies.py', 'tools/lab.py', 'tools/course.py', 'deploy/class/hand_in.py')
# Met by those who change the course, in English.
OUTSIDE = ('benchmarks', 'deploy', 'docs', 'imgs', 'tests', 'tools', 'training', 'translations')
SPEAKING = {  # file: the functions, or all of it
    'deploy/class/hand_in.py': '',
    'helpers/catalogue.py': '',
    'helpers/closing.py': '_refusal',
    'helpers/checkpoints/contents.py': '',
    'helpers/checkpoints/mending.py': '',
    'helpers/checkpoints/shards.py': '',
    'helpers/engine.py': '',
    'helpers/environment.py': '',
    'helpers/files.py': '',
    'helpers/models.py': '',
    'homework/collect/pack.py': '__str__',
    'homework/collect/privacy.py': '',
    'homework/collect/screenshots.py': '',
    'homework/evidence.py': 'read_evidence',
    'homework/grade/intake.py': '',
    'homework/grade/unpack.py': '',
    'homework/schema.py': '',
    'lessons/errors.py': '',
    **{
        str(path.relative_to(ROOT)): ''
        for names in ('chapter_*.py', 'deep_*.py')
        for path in sorted((ROOT / 'lessons' / 'exercises').glob(names))
    },
    'lessons/exercises/judging.py': '',
    'lessons/exercises/checking.py': 'check',
    'lessons/hosted.py': '_pip make_plan set_up',
    'lessons/kernels.py': '',
    'lessons/learner.py': '_checked check_name',
    'lessons/kv_cache/prediction.py': 'problem',
    'lessons/network.py': '',
    'lessons/kv_cache/startable.py': '',
    'lessons/own_model/spoiling.py': 'said_of',
    'lessons/predictions/outcomes.py': 'sentences _near',
    'lessons/predictions/questions.py': '',
    'lessons/publish/faults.py': '',
    'lessons/publish/trial.py': 'dry_run _other_versions _tried __str__ _end',
    'lessons/serving/arguments.py': '',
    'lessons/chat/box.py': 'go_on _ask _taken_back',
    'lessons/serving/clients/api.py': '_as_chat_error _http_client cut_off',
    'lessons/serving/clients/page_events.py': 'send',
    'lessons/serving/clients/terminal.py': '_guarded',
    'lessons/serving/guard/conversation.py': '',
    'lessons/serving/guard/fields.py': '',
    'lessons/serving/guard/middleware.py': '',
    'lessons/serving/guard/pictures.py': '',
    'lessons/serving/guard/requests.py': '',
    'lessons/serving/guard/schema.py': '',
    'lessons/serving/log.py': '',
    'lessons/serving/port.py': '',
    'lessons/serving/process.py': '',
    'lessons/serving/server.py': '',
    'lessons/text_files/encodings.py': '',
    'lessons/w4a16/awq.py': '',
    'lmdeploy_cpu/cards.py': '',
    'lmdeploy_cpu/limits.py': '',
    'tools/bootstrap.py': '',
    'tools/copies.py': '',
}
# Calls whose text a person reads: `parser.error`, `sys.exit`, and bootstrap's own.
ENDS = {'fail', 'exit', 'error', 'run_step'}
INTERNAL = {'AssertionError', 'AttributeError', 'NotImplementedError'}  # of the code to itself
# Commands, patterns, pages.
_CODE = re.compile(r'[<\\|]|\[Aa\]|^(python|pip|git|mkdir|hf|modelscope|lmdeploy|import|Bearer|root@|-H) ?')
_GLUE = {'len', 'str', 'repr', 'type', 'tilde', 'join', 'map', 'min', 'max', 'sorted', 'list', 'format', 'strip'}


def program_messages(root: Path = ROOT) -> Catalog:
    """Every message once, in the order of the files."""
    files = [path for room in ROOMS for path in sorted((root / room).rglob('*.py'))] + [root / path for path in TOOLS]
    found = dict.fromkeys(message for path in files if path.exists() for message in messages_of(path, root))
    pages = extract_from_dir(root / 'homework', [('templates/**.*', 'jinja2')], keywords={'message': None})
    catalogue = catalogues.empty()
    for text in found | dict.fromkeys(text for _, _, text, *_ in pages) | dict.fromkeys([*WORDS, *CHECKS, *ARGPARSE]):
        catalogue.add(text)
    return catalogue


def messages_of(path: Path, root: Path = ROOT) -> Iterator[str]:
    """The messages of one file."""
    tree = ast.parse(path.read_text(encoding='utf-8'))
    # `shown` has another meaning in a module that does not take it from translations.messages.
    asks = {'message'} | {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
        if (node.module or '').endswith('messages') and alias.name == 'shown'
    }  # fmt: skip
    asks |= {'shown'} if path.name == 'bootstrap.py' else set()  # it runs before the packages are there
    where = str(path.relative_to(root))
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and not _is_internal(node):
            yield from _sentences(node.exc.args, _has_words)
        elif isinstance(node, ast.Call) and _name(node.func) == 'message' and node.args:
            yield from [node.args[0].value] if _is_text(node.args[0]) else []
        elif isinstance(node, ast.Call) and _name(node.func) in asks:
            if ast.unparse(node.args[0]).startswith('__doc__'):
                yield ast.get_docstring(tree).splitlines()[0]
            yield from _sentences(node.args, bool)
        elif isinstance(node, ast.Call) and _name(node.func) in ENDS:
            yield from _sentences(node.args, _has_words)
    functions = SPEAKING.get(where)
    if functions == '':
        yield from _sentences([tree], _is_prose)
    elif functions:
        speak = [
            n
            for n in ast.walk(tree)
            if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and n.name in functions.split()
        ]
        yield from _sentences([part for function in speak for part in function.body], _is_prose)


def _sentences(nodes: list[ast.AST], wanted) -> Iterator[str]:
    """The texts in these nodes, outermost first; a text inside of another's value is one of its own."""
    for node in nodes:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue  # a docstring
        if isinstance(node, ast.Compare) or _is_internal(node):
            continue
        if _is_text(node):
            asks = any(isinstance(part, ast.Call) and _name(part.func) == 'shown' for part in ast.walk(node))
            texts = dict.fromkeys(text.strip(' ;') for text in ([] if asks else alternatives(node, {})))
            yield from (text for text in texts if wanted(text) and _is_telling(text))
            values = [part for part in ast.walk(node) if isinstance(part, ast.FormattedValue)]
            yield from _sentences([part.value for part in values if len(alternatives(part, {})) == 1], _is_prose)
        else:
            yield from _sentences(list(ast.iter_child_nodes(node)), wanted)


def _is_internal(node: ast.AST) -> bool:
    """Not for a person: an error of the code to itself, what is written to a file."""
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        return _name(node.exc.func) in INTERNAL
    return isinstance(node, ast.Call) and _name(node.func) == 'write'


def _is_text(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.BinOp(left=left, op=ast.Add() | ast.Mult(), right=right):
            return _is_text(left) or _is_text(right)
        case ast.IfExp(body=body, orelse=orelse):
            return _is_text(body) or _is_text(orelse)
        case ast.Subscript(value=value):
            return isinstance(value, ast.JoinedStr)
    return False


def alternatives(node: ast.AST, names: dict[str, str]) -> list[str]:
    """What a text can be, `{name}` in place of its values; `names`: expression → name, so far."""
    match node:
        case ast.Constant(value=str(text)):
            return [text.replace('{', '{{').replace('}', '}}')]
        case ast.JoinedStr(values=parts):
            return _products([alternatives(part, names) for part in parts])
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _products([alternatives(left, names), alternatives(right, names)])
        case ast.BinOp(left=left, op=ast.Mult(), right=right):  # '…' * condition
            return ['', *alternatives(left if _is_text(left) else right, names)]
        case ast.IfExp(body=body, orelse=orelse):
            return alternatives(body, names) + alternatives(orelse, names)
        case ast.Subscript(value=ast.JoinedStr() as text):  # f'…'[:500]
            return alternatives(text, names)
        case ast.FormattedValue(value=ast.Constant(value=str()) as text):
            return alternatives(text, names)
        case ast.FormattedValue(value=ast.IfExp() as either) if _letters(''.join(alternatives(either, {}))):
            return alternatives(either, names)
    source = ast.dump(node)  # with its conversion and format
    if source not in names:
        value = node.value if isinstance(node, ast.FormattedValue) else node
        names[source] = _short(ast.unparse(value), set(names.values()))
    return ['{' + names[source] + '}']


def _products(choices: list[list[str]]) -> list[str]:
    return [''.join(parts) for parts in itertools.product(*choices)]


def _short(source: str, taken: set[str]) -> str:
    """A name for an expression: its last word that says something."""
    bare = re.sub(r"'[^']*'|\bif\b|\belse\b|\bfor\b|\bin\b|\bor\b|\band\b|\bnot\b", '', source)
    words = [word for word in re.findall(r'[A-Za-z_]\w*', bare) if word not in _GLUE]
    telling = [word for word in words if not word.isupper() and not word.startswith('_')] or words or ['value']
    name = telling[-1].strip('_')
    return next(n for n in itertools.chain([name], (f'{name}{i}' for i in itertools.count(2))) if n not in taken)


def _literal(template: str) -> str:
    return re.sub(r'\{\w+\}', 'XX', template)


def _letters(template: str) -> int:
    """How many letters of its own it has, beside its values."""
    return len(re.findall('[A-Za-z]', re.sub(r'\{\w+\}', '', template)))


def _is_telling(template: str) -> bool:
    """Whether it can't be taken for a part of another text, as `{name} in {place}` can."""
    return '{' not in template or _letters(template) >= 6 or template.startswith('Right: ')


def _has_words(template: str) -> bool:
    """Of several words, one of them its own."""
    bare = _literal(template).strip()
    return ' ' in bare and bool(re.search(r'[a-z]{2,}', bare))


def _is_prose(template: str) -> bool:
    """Two words beside each other: no separator, no key, no name."""
    return (
        not _CODE.search(template)
        and _letters(template) > 1
        and bool(re.search(r'\w{2,}[,;:)]? (?:\S{1,3} )?[(`]?\w{2,}', _literal(template)))
    )


def _name(function: ast.AST) -> str:
    return getattr(function, 'attr', None) or getattr(function, 'id', '')
