"""What Sphinx does not know of the course: its editions, its records, its widgets, and how Chinese is searched."""

import base64
import functools
import html
import json
import re
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.search.zh import SearchChinese
from sphinx.util.matching import Matcher

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Edition:
    """One language of the site: pages in build/site/`folder`; `home` is the folder of its notebooks."""

    folder: str
    language: str
    title: str
    home: str
    readme: str
    sources: tuple[str, ...]
    words: dict[str, str]


EN = Edition(
    'en', 'en', 'LMDeploy course', 'notebooks', 'README',
    ('README.md', 'notebooks/*.md', 'notebooks/presenting/*.md', 'notebooks/*.ipynb', 'notebooks/deep/*.ipynb',
     'notebooks/solutions/README.md',
     'notebooks/solutions/*.ipynb', 'homework/README.md', 'lmdeploy_cpu/README.md', 'models/*/README.md',
     'deploy/README.md', 'deploy/class/README.md', 'records/README.md', 'records/**.json'),
    {'other': '中文', 'tooltip': '本页的中文版', 'core': 'Chapters', 'deep': 'Deep dives', 'hand': 'At hand',
     'teach': 'Presenting', 'records': 'Records', 'in': 'Shown in',
     'cards': 'Cards side by side', 'card': 'Measured, and how far the prediction was off', 'free': 'MiB of it',
     'widget': 'A widget: it works in JupyterLab (<code>make lab</code>)',
     'settings': 'Settings', 'search': 'Search'},
)  # fmt: skip
ZH = Edition(
    'zh', 'zh_CN', 'LMDeploy 课程', 'notebooks/zh', 'README_zh-CN',
    ('README_zh-CN.md', 'homework/README_zh-CN.md', 'deploy/class/README_zh-CN.md', 'notebooks/zh/**.md',
     'notebooks/zh/**.ipynb', 'records/README_zh-CN.md', 'records/**.json'),
    {'other': 'English', 'tooltip': 'This page in English', 'core': '章节', 'deep': '深入篇', 'hand': '手边资料',
     'teach': '讲课', 'records': '实测记录', 'in': '用到它的笔记本',
     'cards': '各种显卡对照', 'card': '实测值，以及预测的偏差', 'free': 'MiB 可用',
     'widget': '交互控件，要在 JupyterLab 里用（<code>make lab</code>）',
     'settings': '设置', 'search': '搜索'},
)  # fmt: skip
# The plots of a record: pictures of imgs/, or NOTEBOOK#CELL for what that cell drew of it.
PLOTS = {
    'h200/speed': ('speed', 'speed_latency', 'speed_quantised', 'speed_server'),
    'h200/scaling': ('scaling_speed', 'scaling_proxy'),
    'h200/first_speed': ('01_hf_vs_turbomind#record-plot',),
    'h200/kv_cache': ('03_kv_cache#ratios-plot',),
    'h200/quantised': ('deep/04_w4a16_on_cards#h200-parts', 'deep/03_roofline_and_prefix_caching#roofline-plot'),
}
_CHINESE = '\u4e00-\u9fff'
_WIDGET = 'application/vnd.jupyter.widget-view+json'


class Bigrams(SearchChinese):
    """Chinese is searched by pairs of characters: a word is found where it stands, and no dictionary has to know it."""

    language_name = 'English'  # of the stemmer for other words: Sphinx 9.0 asks for a ChineseStemmer that is nowhere
    _runs = re.compile(rf'[{_CHINESE}]+|[^\W{_CHINESE}]+')
    js_splitter_code = rf"""
function splitQuery(query) {{
  const runs = query.match(/[{_CHINESE}]+|(?:(?![{_CHINESE}])[\p{{L}}\p{{N}}_])+/gu) || [];
  const pairs = (run) => Array.from({{length: run.length - 1}}, (_, at) => run.slice(at, at + 2));
  return runs.flatMap((run) => (/^[{_CHINESE}]{{2,}}$/.test(run) ? pairs(run) : [run]));
}}"""

    def split(self, input: str) -> list[str]:
        found = []
        for run in self._runs.findall(input):
            is_chinese = re.match(f'[{_CHINESE}]', run)
            found += [run[at : at + 2] for at in range(max(1, len(run) - 1))] if is_chinese else [run]
            if not is_chinese:
                self.latin_terms.add(run)
        return found


def in_other(docname: str, edition: Edition) -> str:
    """The same page in the other edition; its start page where there is none."""
    other = EN if edition is ZH else ZH
    same = docname.removesuffix('_zh-CN')
    same += '_zh-CN' * (other is ZH and same in ('README', 'homework/README', 'deploy/class/README', 'records/README'))
    same = re.sub(f'^{edition.home}/', f'{other.home}/', same)
    there = any(Matcher(other.sources)(str(path.relative_to(ROOT))) for path in ROOT.glob(f'{same}.*'))
    return f'{other.folder}/{same if there else other.home + "/README"}.html'


def contents(edition: Edition) -> str:
    """The tree of pages, for the end of the start page: whatever lies in the folders, in order."""
    home, up = ROOT / edition.home, '../' * (edition.home.count('/') + 1)
    chapters = sorted(path.stem for path in home.glob('[0-9]*.ipynb'))
    deep = sorted(f'deep/{path.stem}' for path in home.glob('deep/*.ipynb'))
    hand = sorted(path.stem for path in home.glob('*.md') if path.stem != 'README')
    solutions = sorted(f'solutions/{path.stem}' for path in home.glob('solutions/*.*') if path.suffix != '.py')
    known = ('homework', 'lmdeploy_cpu', 'models/*', 'deploy', 'deploy/class', 'records')
    found = [path for name in known for path in ROOT.glob(f'{name}/{Path(edition.readme).name}.md')]
    rest = [
        up + edition.readme,
        *solutions,
        *(up + str(path.relative_to(ROOT).with_suffix('')) for path in sorted(found)),
    ]
    records = [up + str(path.relative_to(ROOT).with_suffix('')) for path in sorted(ROOT.glob('records/**/*.json'))]
    teach = ['presenting/README', *sorted(f'presenting/{path.stem}' for path in home.glob('presenting/[0-9]*.md'))]
    groups = {'core': chapters, 'deep': deep, 'hand': hand + rest, 'teach': teach, 'records': records}
    tree = '\n```{{toctree}}\n:hidden:\n:titlesonly:\n:caption: {}\n\n{}\n```\n'
    return ''.join(tree.format(edition.words[group], '\n'.join(names)) for group, names in groups.items())


# A link to a cell as JupyterLab has it, 03_kv_cache.ipynb#cell-id=predict-pool; Sphinx wants names that are there once.
_CELL_LINK = re.compile(r'([\w-]+)\.ipynb#cell-id=([\w-]+)')
_LINK = re.compile(r'(?<=href=")(?!https?:)([^"#:]+)\.(?:md|ipynb)(?:#([^"]*))?(?=")')


def in_site(link: re.Match) -> str:
    """A link inside of an output, to the page of the site."""
    page, anchor = link.groups()
    anchor = nodes.make_id(anchor) if anchor and page.endswith('glossary') else anchor
    return f'{page}.html' + (f'#{anchor}' if anchor else '')


@functools.cache
def linked_cells() -> set[tuple[str, str]]:
    """(chapter, cell) of the cells that pages lead to."""
    pages = (ROOT / 'notebooks').glob('*.md')
    return {link for page in pages for link in _CELL_LINK.findall(page.read_text(encoding='utf-8'))}


def with_anchors(cells: list[dict], chapter: str) -> list[dict]:
    """The cells of a notebook, those that pages lead to with a name in front."""
    named = []
    for cell in cells:
        if (chapter, cell['id']) in linked_cells():
            source = f'(cell-{chapter}-{cell["id"]})=\n'
            if cell['cell_type'] == 'markdown':
                cell['source'] = [source, *cell['source']]
            else:
                named.append(
                    {'cell_type': 'markdown', 'id': cell['id'] + '-name', 'metadata': {}, 'source': source + '&nbsp;'}
                )
        named.append(cell)
    return named


def without_kernel(text: str, edition: Edition, chapter: str) -> str:
    """The notebook for a page: no progress bars that stand still, and a word in place of a widget without a picture."""
    notebook = json.loads(text)
    notebook['metadata'].pop('widgets', None)
    notebook['cells'] = with_anchors(notebook['cells'], chapter)
    for cell in notebook['cells']:
        kept = []
        for output in cell.get('outputs', ()):
            data = output.get('data', {})
            if 'text/html' in data:  # links of quizzes
                data['text/html'] = _LINK.sub(in_site, ''.join(data['text/html']))
            if data.pop(_WIDGET, None) is None or {'text/html', 'image/png'} & data.keys():
                kept.append(output)
            elif '%|' not in (plain := ''.join(data['text/plain'])):
                data['text/html'] = f'<p><code>{html.escape(plain)}</code> {edition.words["widget"]}</p>'
                kept.append(output)
        if 'outputs' in cell:
            cell['outputs'] = kept
    return json.dumps(notebook)


def cell_text(value) -> str:
    return html.escape(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def cell(value) -> str:
    return f'<td{" class=nested" if isinstance(value, dict | list) else ""}>{cell_text(value)}</td>'


def table(rows: list, heading: bool = True) -> str:
    """Rows of a record, or of name and value, as HTML that scrolls sideways by itself."""
    if heading:
        names = list(dict.fromkeys(name for row in rows for name in row))
        head = '<thead><tr>' + ''.join(f'<th>{cell_text(name)}</th>' for name in names) + '</tr></thead>'
        rows = [[row.get(name, '') for name in names] for row in rows]
    body = ''.join('<tr>' + ''.join(map(cell, row)) + '</tr>' for row in rows)
    return f'<div class="record"><table class="table">{head if heading else ""}<tbody>{body}</tbody></table></div>'


def picture(plot: str, edition: Edition) -> bytes:
    """The PNG of an entry of PLOTS, in the edition's language where it was drawn in both."""
    name, _, cell_id = plot.partition('#')
    if not cell_id:
        chinese = ROOT / 'imgs' / 'zh' / f'{name}.png'
        return (chinese if edition is ZH and chinese.exists() else ROOT / 'imgs' / f'{name}.png').read_bytes()
    notebook = json.loads((ROOT / edition.home / f'{name}.ipynb').read_text(encoding='utf-8'))
    (cell,) = (cell for cell in notebook['cells'] if cell['id'] == cell_id)
    drawn = [output['data']['image/png'] for output in cell['outputs'] if 'image/png' in output.get('data', {})]
    return base64.b64decode(''.join(drawn[0]))


def record_page(docname: str, text: str, edition: Edition) -> str:
    """A record as Markdown: what it says of itself, who shows it, its plots, and all its rows."""
    name, record, words = docname.removeprefix('records/'), json.loads(text), edition.words
    up = '../' * docname.count('/')
    data = record.get('data', {key: value for key, value in record.items() if key == 'rows'})
    facts = {key: value for key, value in record.items() if key not in ('data', 'rows', 'topic')}
    facts |= facts.pop('versions', {})
    parts = [f'# {name}', table([(key, value) for key, value in facts.items() if value], heading=False)]
    shown = [
        path.relative_to(ROOT)
        for path in sorted((ROOT / edition.home).rglob('*.ipynb'))
        if '.ipynb_checkpoints' not in path.parts
        and (edition is ZH or 'zh' not in path.parts)
        and f"load_record('{name}')" in path.read_text(encoding='utf-8')
    ]
    if shown:
        parts.append(f'{words["in"]}: ' + ' · '.join(f'[]({up}{path})' for path in shown))
    for plot in PLOTS.get(name, ()):
        inside = base64.b64encode(picture(plot, edition)).decode()
        parts.append(f'<img alt="{plot}" src="data:image/png;base64,{inside}">')
    lists = {key: value for key, value in data.items() if isinstance(value, list) and value}
    tables = {key: rows for key, rows in lists.items() if all(isinstance(row, dict) for row in rows)}
    values = [(key, value) for key, value in data.items() if key not in tables and value not in ([], {})]
    if values:
        parts += [f'## {words["settings"]}', table(values, heading=False)]
    for key, rows in tables.items():
        parts += [f'## {key} ({len(rows)})', table(rows)]
    return '\n\n'.join(parts)


def cards(edition: Edition, folder: Path = ROOT / 'records') -> str:
    """Every card's quick record, a column each, as Markdown; '' where there is none."""
    words, columns = edition.words, {}
    for path in sorted(folder.glob('*/quick*.json')):
        record = json.loads(path.read_text(encoding='utf-8'))
        data = record['data']
        part = f', {data["slice_mib"]} {words["free"]}' if data['slice_mib'] else ''
        facts = {'': f'LMDeploy {record["versions"]["lmdeploy"]}, {data["dtype"]}, {record["date"]}'}
        (roof,) = data['roofline']
        facts |= {name: f'{value:.3g}' for name, value in roof.items()}
        for row in data['comparison']:
            facts[f'{row["what"]}, {row["unit"]}'] = f'{row["measured"]:,g} ({row["off_percent"]:+.1f} %)'
        columns[record['device'] + part] = facts
    if not columns:
        return ''
    names = list(dict.fromkeys(name for facts in columns.values() for name in facts))
    rows = [{words['card']: name} | {card: facts.get(name, '–') for card, facts in columns.items()} for name in names]
    return f'\n\n## {words["cards"]}\n\n{table(rows)}\n'


def setup(app, edition: Edition) -> None:
    """Connect all this with Sphinx."""

    def read(app, docname: str, source: list[str]) -> None:
        if docname == f'records/{Path(edition.readme).name}':
            source[0] += cards(edition)
        elif docname.startswith('records/'):
            source[0] = record_page(docname, source[0], edition)
        elif docname == f'{edition.home}/README':
            source[0] += contents(edition)
        elif docname == 'notebooks/solutions/README':
            for path in sorted((ROOT / 'notebooks' / 'solutions').glob('*.py')):
                source[0] += f'\n## {path.name}\n\n```{{literalinclude}} {path.name}\n```\n'
        elif str(app.env.doc2path(docname)).endswith('.ipynb'):
            chapter = docname.rpartition('/')[2] if '/solutions/' not in docname else ''
            source[0] = without_kernel(source[0], edition, chapter)
        source[0] = _CELL_LINK.sub(r'\1.ipynb#cell-\1-\2', source[0])
        # Jupyter's anchors keep capitals, and Sphinx knows no `<a id=…>` in Markdown.
        source[0] = re.sub(r'\]\(#([^)]+)\)', lambda m: f'](#{m[1].lower()})', source[0])
        source[0] = re.sub(r'<a id="([\w-]+)"></a>', r'[]{#\1}', source[0])

    def turn_links(app, doctree) -> None:
        """A folder stands for its README; a page that only the other edition has is linked there."""
        docname = app.env.docname
        for node in list(doctree.findall(pending_xref)):
            target = node['reftarget']
            if node.get('refdomain') is None and not target.startswith('#'):
                folder = (ROOT / docname).parent.joinpath(target).resolve()
                if (folder / 'README.md').exists():
                    target = str((folder / 'README').relative_to(ROOT))
                    node['refdomain'], node['reftarget'], node['reftargetid'] = 'doc', target, None
            if node.get('refdomain') == 'doc' and target not in app.env.found_docs:
                other = EN if edition is ZH else ZH
                uri = '../' * (docname.count('/') + 1) + f'{other.folder}/{target}.html'
                node.replace_self(nodes.reference('', '', *node.children, refuri=uri))

    def switch(app, pagename: str, template: str, context: dict, doctree) -> None:
        url = '../' * (pagename.count('/') + 1) + in_other(pagename, edition)
        words = edition.words
        context |= {'other_page': url, 'other_name': words['other'], 'other_tooltip': words['tooltip']}

    app.connect('source-read', read)
    app.connect('doctree-read', turn_links, priority=900)
    app.connect('html-page-context', switch)
