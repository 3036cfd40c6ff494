"""One good submission, and what becomes of it when somebody spoils it: flagged for just that."""

import csv
import datetime
import hashlib
import io
import json
import random
import re
import zipfile
import zlib

import pytest
from homework_good import (
    Builder,
    contents,
    edited,
    pack,
    recoded,
    repacked,
    screenshot,
    typed,
    with_screenshot,
)
from PIL import Image

from homework.grade import grade, reading, rubric
from homework.grade.grade import grade_files, write_grades
from homework.grade.pages import report_page
from homework.grade.verdicts import MET, NOT_CHECKED, NOT_MET
from homework.schema import Engine, PredictionArguments, Settings


@pytest.fixture(scope='module', autouse=True)
def _pictures_read_once():
    """The same bytes are the same picture: most spoiled submissions have all pictures of the good one."""
    read, kept = reading.read_picture, {}

    def cached(folder, file, task):
        key = hashlib.sha256((folder / file).read_bytes()).digest(), file, task
        kept[key] = kept.get(key) or read(folder, file, task)
        return kept[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, 'read_picture', cached)
        yield


@pytest.fixture(scope='module')
def good(tmp_path_factory):
    """A submission in Chinese, every task well done, with nine screenshots."""
    return packed(tmp_path_factory.mktemp('good'), Builder(), first=0)


@pytest.fixture(scope='module')
def other(tmp_path_factory):
    """An honest other one, in English."""
    start = datetime.datetime(2026, 11, 20, 15, tzinfo=datetime.UTC)
    return packed(tmp_path_factory.mktemp('other'), Builder('Anna', 'en', 'b2' * 8, start), first=10)


def packed(folder, builder, first):
    tasks = builder.all()
    tasks['chat-w4a16'] = with_screenshot(tasks['chat-w4a16'], folder, screenshot(first))
    for number, evidence in enumerate(tasks.values()):  # no two people's times and bytes agree
        for answer in evidence['answers']:
            answer['time_s'] = round(1.5 + 0.01 * first + 0.001 * number, 4)
            answer['tokens_per_s'] = round(180 / answer['time_s'], 2)
        for memory in evidence['memory']:
            memory['used_bytes'] += 4096 * (first + number)
    tasks = {name: recoded(evidence) for name, evidence in tasks.items()}
    with pytest.MonkeyPatch.context() as patch:
        return pack(tasks, folder, patch)


@pytest.fixture
def spoil(good, tmp_path):
    """Change the evidence of one task as its own maker could: code and manifest are made anew.  Graded."""

    def spoiled(task, change, honest_code=True):
        def whole(content):
            at = next(n for n, e in enumerate(content['tasks']) if e['task'] == task)
            change(content['tasks'][at])
            if honest_code:
                content['tasks'][at] = recoded(content['tasks'][at])

        archive = edited(good, tmp_path / 'spoiled.zip', whole)
        if honest_code:
            archive = with_card(archive, task)
        return one(archive)

    return spoiled


def with_card(archive, task):
    """The archive with the task's card drawn from its evidence."""
    from homework.collect.card import Card

    files = contents(archive)
    evidence = next(e for e in json.loads(files['evidence.json'])['tasks'] if e['task'] == task)
    files[f'cards/{task}.png'] = Card(typed(evidence)).png()
    return repacked(files, archive, manifest=True)


def one(archive):
    """The grades of a single submission, without scores."""
    grading = grade_files([archive], scores=False)
    assert not grading.unreadable, grading.unreadable
    return grading.graded[0]


def keys(graded) -> list[str]:
    return sorted({flag.key for flag in graded.submission.flags})


def lost(graded) -> dict[str, list[str]]:
    """Task → what was not met, as keys."""
    return {
        g.task.id: [finding.key for c in g.criteria if c.verdict == NOT_MET for finding in c.findings]
        for g in graded.grades
        if g.points < g.of
    }


def criterion_of(graded, task, key):
    grades = {g.task.id: g for g in graded.grades}
    return next(c for c in grades[task].criteria if any(finding.key == key for finding in c.findings))


# ------------------------------------------------------------------------------------------------------ as it should be


def test_full_marks_and_nothing_stands_out(good, other):
    grading = grade_files([good, other], scores=False)
    assert [g.total for g in grading.graded] == [100, 100] == [rubric.TOTAL] * 2
    assert [keys(g) for g in grading.graded] == [[], []]
    verdicts = {c.verdict for g in grading.graded for grade_ in g.grades for c in grade_.criteria}
    assert verdicts == {MET, NOT_CHECKED}, 'without scores the answers are not checked'
    assert [len(g.submission.pictures) for g in grading.graded] == [22, 22]


def test_texts_are_there_in_both_languages(good):
    for graded in (one(good),):
        for grade_ in graded.grades:
            for criterion in grade_.criteria:
                english, chinese = criterion.texts('en'), criterion.texts('zh')
                assert len(english) == len(chinese) > 0
                assert not re.search('[一-鿿]', ''.join(english).replace('王小明', ''))
                assert re.search('[一-鿿]', ''.join(chinese))


def test_points_of_the_rubric():
    assert rubric.TOTAL == 100
    full = rubric.grade_task(rubric.GRADED[0], None, [])
    assert (full.points, full.present, full.criteria[0].verdict) == (0, False, NOT_MET)


# --------------------------------------------------------------------------------------------------------- spoiled ones


def test_a_missing_task(good, tmp_path):
    def drop(content):
        content['tasks'] = [e for e in content['tasks'] if e['task'] != 'tools']

    graded = one(edited(good, tmp_path / 'a.zip', drop))
    assert lost(graded) == {'tools': ['absent']}
    assert graded.total == 96


def test_the_ratio_was_not_the_one_asked_for(spoil):
    def other_ratio(evidence):
        evidence['engines'] = [Builder().engine('W4A16', 'pipeline', awq=True, ratio=0.8)]

    graded = spoil('chat-w4a16', other_ratio)
    assert lost(graded) == {'chat-w4a16': ['incomplete']}
    (text,) = criterion_of(graded, 'chat-w4a16', 'incomplete').missing['en']
    assert 'cache_max_entry_count was 0.8, not 0.4' in text
    assert keys(graded) == []


def test_a_ratio_that_the_memory_gives_the_lie(spoil):
    """It says 0.4, and the bytes are those of 0.8."""

    def lie(evidence):
        (engine,) = evidence['engines']
        used = Builder().engine('W4A16', 'pipeline', awq=True, ratio=0.8)['used_bytes']
        engine['after']['used_bytes'] += used - engine['used_bytes']
        engine['used_bytes'] = used

    graded = spoil('chat-w4a16', lie)
    assert lost(graded) == {'chat-w4a16': ['memory-differs']}
    assert graded.total == 99.5, 'a third of half of 3 points'


def test_a_ratio_that_the_number_of_blocks_gives_the_lie(spoil):
    graded = spoil('python-w4a16', lambda e: e['engines'][0]['real'].update(num_blocks=4000))
    assert lost(graded) == {'python-w4a16': ['blocks-differ']}


@pytest.mark.parametrize('more_mib', [-200, 0, 150, 300])
def test_honest_memory_is_not_accused(spoil, more_mib):
    """A second engine in a kernel takes less than the first, a browser beside it makes it more."""

    def vary(evidence):
        evidence['engines'][0]['used_bytes'] += more_mib << 20

    assert lost(spoil('python-w4a16', vary)) == {}


def test_an_engine_that_was_there_before_is_not_held_against_anybody(spoil):
    def still_there(evidence):
        evidence['engines'][0]['before']['process_bytes'] = 1500 << 20
        evidence['engines'][0]['used_bytes'] = 20 << 20

    graded = spoil('python-w4a16', still_there)
    assert lost(graded) == {}
    assert criterion_of(graded, 'python-w4a16', 'memory-another-engine').verdict == NOT_CHECKED


@pytest.mark.parametrize(
    ('card', 'verdict', 'key'),
    [
        ('NVIDIA H200', NOT_MET, 'memory-differs'),
        ('NVIDIA GeForce RTX 9090', NOT_CHECKED, 'memory-unmeasured'),
    ],
)
def test_a_card_that_nobody_measured_cannot_be_checked(spoil, card, verdict, key):
    """The same figures, far from the prediction: on a card that was measured that counts, on another it cannot."""

    def on_a_card(evidence):
        evidence['device'] = {'kind': 'cuda', 'name': card, 'driver': '580'}
        (engine,) = evidence['engines']
        engine |= {'engine': 'turbomind', 'device': 'cuda', 'predicted': None}
        engine['real']['num_blocks'] = None
        engine['before']['device_name'] = card
        engine['predict_arguments'] |= {'engine': 'turbomind', 'free_bytes': 8 << 30}

    graded = spoil('python-w4a16', on_a_card)
    assert criterion_of(graded, 'python-w4a16', key).verdict == verdict


def test_memory_of_a_measured_card_agrees_with_its_record():
    """Every start of TurboMind in the record, told as a learner's evidence would tell it, is within the band."""
    from helpers import load_record
    from helpers.checkpoints.geometry import GEOMETRIES
    from homework.grade.expected import MIB, Shape, memory_band

    checked = 0
    for row in load_record('h200/kv_cache').data['rows']:
        asked = row['arguments']
        if row['outcome'] != 'started' or asked['engine'] != 'turbomind':
            continue
        real = {'cache_max_entry_count': asked['cache_max_entry_count'], 'quant_policy': asked['quant_policy']}
        engine = Engine.model_construct(
            way='pipeline', predict_arguments=PredictionArguments(**asked), real=Settings(**real)
        )
        band = memory_band(engine, Shape(asked['model'], asked['awq'], GEOMETRIES[asked['model']]))
        assert round(row['engine_mib'] * MIB) in band
        assert band.highest_bytes - band.lowest_bytes == 512 * MIB
        checked += 1
    assert checked > 100


def test_the_checkpoint_was_not_w4a16(spoil):
    """Its folder is named so, its config says so, and its tensors are those of 16 bit."""
    from lessons.kv_cache.weights import weight_bytes

    plain = weight_bytes('internlm2-chat-1_8b')

    def plain_weights(evidence):
        evidence['engines'][0]['checkpoint']['tensor_bytes'] = plain

    graded = spoil('api-kv', plain_weights)
    assert 'w4a16-not' in lost(graded)['api-kv']


def test_the_checkpoint_does_not_even_say_so(spoil):
    graded = spoil('api-kv', lambda e: e['engines'][0]['checkpoint'].update(quantization_config=None))
    assert lost(graded)['api-kv'] == ['incomplete', 'w4a16-not']


def test_the_kv_cache_was_not_quantised(spoil):
    def plain_cache(evidence):
        evidence['engines'] = [Builder().engine('W4A16', 'api_server', awq=True)]

    graded = spoil('api-kv', plain_cache)
    assert lost(graded) == {'api-kv': ['incomplete']}
    assert 'KV' in criterion_of(graded, 'api-kv', 'incomplete').missing['en'][0]


def test_a_story_that_is_too_short(spoil):
    graded = spoil('story', lambda e: e['answers'][0].update(text=e['answers'][0]['text'][:120]))
    assert lost(graded) == {'story': ['incomplete']}
    assert '119 characters; 300 are asked for' in criterion_of(graded, 'story', 'incomplete').missing['en'][0]
    assert graded.total == 90, 'half of the task'


@pytest.mark.parametrize(
    ('change', 'key'),
    [
        (lambda rows: rows.pop(), 'incomplete'),
        (lambda rows: rows[1].update(output_tokens_per_s=9999.0), 'row-speed'),
        (lambda rows: rows[2].update(output_tokens=4096), 'row-differs'),
        (lambda rows: rows[2].update(data_sha256='6' * 64), 'row-differs'),
        (lambda rows: rows[1].update(engine='turbomind'), 'row-weights'),
        (lambda rows: rows[3].update(engine='w4a16'), 'row-kv'),
        (lambda rows: rows[4].update(engine='kv'), 'row-engine'),
        (lambda rows: rows[0].update(engine='nobody'), 'row-no-engine'),
        (lambda rows: rows[0].update(time_s=0), 'row-number'),
        (lambda rows: rows[0].update(time_s='fast'), 'row-number'),
        (lambda rows: rows.append(rows[0]), 'row-twice'),
    ],
)
def test_a_benchmark_that_does_not_hold_together(spoil, change, key):
    graded = spoil('benchmark', lambda e: change(e['rows']))
    assert key in lost(graded)['benchmark']
    assert set(lost(graded)) == {'benchmark'}


@pytest.mark.parametrize(
    ('change', 'key'),
    [
        (lambda rows: rows[0].update(used_bytes=rows[0]['used_bytes'] // 2), 'row-used'),
        (lambda rows: rows[1].update(cache_tokens=rows[1]['cache_tokens'] * 2), 'row-tokens'),
        (lambda rows: rows[1].update(engine='16 bit'), 'row-kv'),
        (lambda rows: rows[1].update(batch=1), 'incomplete'),
    ],
)
def test_memory_rows_that_do_not_hold_together(spoil, change, key):
    graded = spoil('memory-kv', lambda e: change(e['rows']))
    assert key in lost(graded)['memory-kv']


def test_a_sum_that_is_wrong(spoil):
    graded = spoil('tools', lambda e: e['answers'][0]['tool_calls'][1].update(result='57'))
    assert lost(graded)['tools'] == ['incomplete']


def test_a_product_that_would_fill_the_memory(good, tmp_path):
    def bomb(content):
        evidence = next(e for e in content['tasks'] if e['task'] == 'tools')
        evidence['answers'][0]['tool_calls'][1]['arguments'] = {'a': 'x', 'b': 10**12}

    grading = grade_files([edited(good, tmp_path / 'a.zip', bomb)], scores=False)
    assert 'evidence.json cannot be read' in grading.unreadable[0][1]


def test_evidence_of_another_chapter(spoil):
    graded = spoil('story', lambda e: e.update(chapter='02'))
    assert lost(graded) == {'story': ['other-chapter']}
    assert graded.grades[1].points == 10


def test_cells_that_ran_out_of_order(spoil):
    graded = spoil('story', lambda e: e['run']['steps'][1].update(cell=99))
    assert 'out-of-order' in keys(graded)
    assert lost(graded) == {'story': ['incomplete']}


# ------------------------------------------------------------------------------------------- what does not fit together


def test_evidence_edited_by_hand(spoil):
    """The manifest made anew, the code forgotten."""
    graded = spoil('story', lambda e: e['answers'][0].update(text='很久很久以前' * 60), honest_code=False)
    assert keys(graded) == ['edited']


def test_evidence_edited_with_its_code(good, tmp_path):
    """Code and manifest made anew: the card still shows the code that it was drawn with."""

    def change(content):
        content['tasks'][1]['answers'][0]['text'] = '很久很久以前' * 60
        content['tasks'][1] = recoded(content['tasks'][1])

    assert keys(one(edited(good, tmp_path / 'a.zip', change))) == ['card-differs']


def test_evidence_edited_and_nothing_else(good, tmp_path):
    def change(content):
        content['packed'] = '2026-11-21T00:00:00Z'

    assert keys(one(edited(good, tmp_path / 'a.zip', change, manifest=False))) == ['manifest-changed']


@pytest.mark.parametrize(
    ('change', 'wanted'),
    [
        (lambda files: files.update({'more.exe': b'x'}), ['manifest-extra']),
        (lambda files: files.pop('README.md'), ['manifest-missing']),
        (lambda files: files.pop('cards/story.png'), ['manifest-missing', 'picture-lost']),
        (lambda files: files.update({'README.md': b'other'}), ['manifest-changed']),
    ],
)
def test_files_beside_the_manifest(good, tmp_path, change, wanted):
    files = contents(good)
    change(files)
    assert keys(one(repacked(files, tmp_path / 'a.zip'))) == wanted


def test_a_manifest_edited_by_hand(good, tmp_path):
    files = contents(good)
    manifest = json.loads(files['manifest.json'])
    manifest['name'] = '李雷'
    manifest['digest'] = '0' * 64
    files['manifest.json'] = json.dumps(manifest).encode()
    assert keys(one(repacked(files, tmp_path / 'a.zip'))) == ['manifest-digest', 'manifest-name']


def test_another_ones_evidence_in_ones_submission(spoil):
    assert keys(spoil('story', lambda e: e.update(name='李雷'))) == ['evidence-name']


@pytest.mark.parametrize(
    ('change', 'wanted'),
    [
        (lambda e: e.update(finished='2026-11-20T11:00:00Z'), 'time-order'),
        (lambda e: e['run']['steps'][2].update(time='2026-11-20T01:00:00Z'), 'time-order'),
        (lambda e: e['memory'][0].update(time='2026-11-19T12:00:00Z'), 'time-order'),
        (lambda e: e['memory'][0].update(time='2026-13-99T99:00:00Z'), 'time-future'),
        (lambda e: e['answers'][0].update(time_s=5000.0, tokens_per_s=None), 'time-sum'),
        (lambda e: e['answers'][0].update(tokens_per_s=9999.0), 'speed'),
        (lambda e: e['run'].update(id='c' * 16, steps=[]) or e.update(begun='2026-11-20T12:01:00Z'), 'overlap'),
        (lambda e: e['engines'][0]['predicted'].update(engine_bytes=1), 'prediction-differs'),
    ],
)
def test_times_and_figures_that_do_not_fit(spoil, change, wanted):
    assert wanted in keys(spoil('story', change))


def test_made_in_the_future(good, tmp_path):
    def later(content):
        text = json.dumps(content).replace('2026-11-20T', '2126-11-20T')
        content.clear()
        content.update(json.loads(text))
        content['packed'] = '2126-11-21T00:00:00Z'

    assert 'time-future' in keys(one(edited(good, tmp_path / 'a.zip', later)))


# ------------------------------------------------------------------------------------------------------------- pictures


def test_a_screenshot_exchanged(good, tmp_path):
    files = contents(good)
    files['screenshots/story-1.png'] = screenshot(77)
    assert keys(one(repacked(files, tmp_path / 'a.zip', manifest=True))) == ['picture-changed']


def test_pictures_that_are_none(good, tmp_path):
    """No picture, half of one, one of 4 thousand million pixels, a drawing that may hold a script."""
    whole = contents(good)
    bomb = io.BytesIO()
    Image.new('1', (8, 8)).save(bomb, 'PNG')
    header = bytearray(bomb.getvalue())
    header[16:24] = (65000).to_bytes(4, 'big') * 2
    header[29:33] = zlib.crc32(header[12:29]).to_bytes(4, 'big')
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    for content in (b'', b'text', whole['screenshots/story-1.png'][:400], bytes(header), svg):
        files = whole | {'screenshots/story-1.png': content}
        assert keys(one(repacked(files, tmp_path / 'a.zip', manifest=True))) == [
            'picture-changed',
            'picture-unreadable',
        ]


def test_the_same_picture_twice(good, tmp_path):
    files = contents(good)
    content = json.loads(files['evidence.json'])
    shots = {e['task']: e['screenshots'] for e in content['tasks']}
    files['screenshots/chat-w4a16-1.png'] = files['screenshots/story-1.png']
    shots['chat-w4a16'][0]['sha256'] = shots['story'][0]['sha256']
    content['tasks'] = [recoded(e) for e in content['tasks']]
    files['evidence.json'] = json.dumps(content).encode()
    assert 'picture-twice' in keys(one(repacked(files, tmp_path / 'a.zip', manifest=True)))


# --------------------------------------------------------------------------------------------------------------- copies


def renamed(archive, out, name, change=lambda content: None):
    """A submission under another name, code and manifest made anew: what a copier would do."""

    def whole(content):
        content['name'] = name
        for evidence in content['tasks']:
            evidence['name'] = name
        change(content)
        content['tasks'] = [recoded(evidence) for evidence in content['tasks']]

    return edited(archive, out, whole)


def both(*archives):
    grading = grade_files(list(archives), scores=False)
    return [set(keys(g)) - {'card-differs', 'manifest-name'} for g in grading.graded]


def test_the_same_file_twice(good, tmp_path):
    (tmp_path / 'b.zip').write_bytes(good.read_bytes())
    assert both(good, tmp_path / 'b.zip') == [{'same-archive'}, {'same-archive'}]


def test_a_copy_under_another_name(good, other, tmp_path):
    copy = renamed(good, tmp_path / 'b.zip', '李雷')
    mine, theirs, honest = both(good, copy, other)
    assert mine == theirs == {'same-run', 'same-picture'}
    assert honest == set()


def test_a_copy_of_one_task(good, other, tmp_path):
    """One task of a friend's in one's own submission."""
    theirs = next(e for e in json.loads(contents(good)['evidence.json'])['tasks'] if e['task'] == 'benchmark')

    def take(content):
        at = next(n for n, e in enumerate(content['tasks']) if e['task'] == 'benchmark')
        content['tasks'][at] = theirs | {'name': 'Anna'}

    copy = renamed(other, tmp_path / 'b.zip', 'Anna', take)
    grading = grade_files([good, copy], scores=False)
    for graded in grading.graded:
        found = [f for f in graded.submission.flags if f.key == 'same-run']
        tasks = found[0].finding.values['task'].split(', ')
        assert tasks == (['benchmark'] if graded.submission.name == 'Anna' else list(graded.submission.tasks))


def test_a_copy_with_another_run_and_other_times(good, tmp_path):
    def hide(content):
        text = json.dumps(content['tasks']).replace('a1' * 8, 'd4' * 8).replace('2026-11-20T', '2026-11-19T')
        content['tasks'] = [e | {'screenshots': []} for e in json.loads(text)]

    first, second = both(good, renamed(good, tmp_path / 'b.zip', '李雷', hide))
    assert 'same-evidence' in first & second
    assert 'same-run' not in first | second


def test_a_picture_saved_anew_is_still_alike(good, other, tmp_path):
    """Made smaller and saved as a JPEG on the way."""
    picture = Image.open(io.BytesIO(contents(good)['screenshots/story-1.png'])).convert('RGB').resize((500, 312))
    jpeg, png = io.BytesIO(), io.BytesIO()
    picture.save(jpeg, 'JPEG', quality=60)
    Image.open(jpeg).save(png, 'PNG')
    files = contents(other)
    content = json.loads(files['evidence.json'])
    at = next(n for n, e in enumerate(content['tasks']) if e['task'] == 'story')
    content['tasks'][at]['screenshots'][0]['sha256'] = hashlib.sha256(png.getvalue()).hexdigest()
    content['tasks'][at] = recoded(content['tasks'][at])
    files |= {'evidence.json': json.dumps(content).encode(), 'screenshots/story-1.png': png.getvalue()}
    assert both(good, repacked(files, tmp_path / 'b.zip', manifest=True)) == [{'alike-picture'}, {'alike-picture'}]


def test_plain_pictures_are_not_called_alike():
    from homework.grade.pictures import perceptual_hash

    assert perceptual_hash(Image.new('RGB', (800, 600), 'white')) is None
    hashes = [perceptual_hash(Image.open(io.BytesIO(screenshot(seed)))) for seed in range(20)]
    apart = [(a ^ b).bit_count() for n, a in enumerate(hashes) for b in hashes[:n]]
    assert min(apart) > 24, 'other screens are other pictures'


# --------------------------------------------------------------------------------------------------- bad files, outputs


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        (lambda files: files.pop('evidence.json'), 'there is no evidence.json'),
        (lambda files: files.pop('manifest.json'), 'there is no manifest.json'),
        (lambda files: files.update({'evidence.json': b'{"schema": 1'}), 'not JSON'),
        (lambda files: files.update({'evidence.json': b'\xff\xfe'}), 'not JSON'),
        (lambda files: files.update({'evidence.json': b'[' * 100_000}), 'not JSON'),
        (lambda files: files.update({'evidence.json': b'[]'}), "is not of type 'object'"),
        (lambda files: files.update({'manifest.json': b'{}'}), 'is a required property'),
        (
            lambda files: files.update({'evidence.json': files['evidence.json'].replace(b'1.5', b'NaN')}),
            'NaN is no number',
        ),
        (lambda files: files.update({'evidence.json': files['evidence.json'].replace(b'1.5', b'1e999')}), '1e999'),
    ],
)
def test_content_that_cannot_be_read(good, tmp_path, change, said):
    files = contents(good)
    change(files)
    grading = grade_files([repacked(files, tmp_path / 'a.zip')], scores=False)
    assert grading.graded == []
    assert said in grading.unreadable[0][1]


def test_evidence_of_the_wrong_shape_is_refused_not_crashed_on(good, tmp_path):
    """Each value of the evidence replaced by others, one at a time: graded, or refused in words."""
    files = contents(good)
    content = json.loads(files['evidence.json'])
    content['tasks'] = [e for e in content['tasks'] if e['task'] in ('server-w4a16', 'benchmark', 'tools')]
    places = list(walk(content))
    refused = 0
    numbers = random.Random(0)
    for place in numbers.sample(places, 120):
        spoiled = json.loads(json.dumps(content))
        parent = spoiled
        for part in place[:-1]:
            parent = parent[part]
        parent[place[-1]] = numbers.choice([None, 'x', -1, 10**30, [], {}, True, ['x'], {'x': []}, 0])
        files['evidence.json'] = json.dumps(spoiled).encode()
        light = {name: files[name] for name in ('evidence.json', 'manifest.json')}
        grading = grade_files([repacked(light, tmp_path / 'a.zip')], scores=False)
        refused += len(grading.unreadable)
        for graded in grading.graded:
            report_page(graded)
    assert 20 < refused < 120


def walk(content, place=()):
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in items:
        yield (*place, key)
        yield from walk(value, (*place, key))


def nasty(good, out):
    """A submission whose texts try to be markup, a formula, or to turn the page around."""
    script = '<script>document.title = "stolen"</script><img src=x onerror=alert(1)>'

    def change(content):
        content['links'] = [{'title': script, 'url': 'javascript:alert(1)'}]
        for evidence in content['tasks']:
            for answer in evidence['answers']:
                answer['text'] = script + '\u202e' + '{{ 7 * 7 }}' + answer['text']
            for engine in evidence['engines']:
                engine['label'] = '"><script>alert(2)</script>'

    return renamed(good, out, '=HYPERLINK("http://x","<b>小明</b>")', change)


def test_outputs(good, other, tmp_path):
    bad = tmp_path / '=1+1.zip'
    bad.write_bytes(b'PK')
    grading = grade_files([good, other, nasty(good, tmp_path / 'nasty.zip'), bad], scores=False)
    overview = write_grades(grading, tmp_path / 'grades.csv').overview
    assert overview == tmp_path / 'grades' / 'overview.html'

    text = (tmp_path / 'grades.csv').read_text(encoding='utf-8-sig')
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row['姓名'] for row in rows] == ['王小明', 'Anna', '\'=HYPERLINK("http://x","<b>小明</b>")', "'=1+1"]
    assert float(rows[0]['总分']) == 100
    assert rows[3]['文件'] == "'=1+1.zip"
    assert '不是完整的 zip' in rows[3]['备注']  # most learners wrote in Chinese
    for row in csv.reader(io.StringIO(text)):
        assert not [cell for cell in row if cell.startswith(('=', '+', '-', '@'))]

    pages = [overview, *sorted((tmp_path / 'grades' / 'reports').iterdir())]
    assert len(pages) == 4
    for page in pages:
        html = page.read_text(encoding='utf-8')
        assert '<script' not in html
        assert 'onerror=alert(1)>' not in html
        assert 'href="javascript' not in html
        assert '\u202e' not in html
        assert "default-src 'none'" in html
    html = overview.read_text(encoding='utf-8')
    assert '&lt;script&gt;' in html
    assert '{{ 7 * 7 }}' in html, 'text stays text'
    sources = set(re.findall('src="([^"]+)"', html))
    assert len(sources) == 3 * (13 + 9), 'cards and screenshots'
    for source in sources:
        with Image.open(overview.parent / source) as picture:
            assert not picture.info.keys() & {'exif', 'comment', 'course-code'}, 'pixels, nothing else'
    first = next(page for page in pages[1:] if '<bdi>王小明</bdi>' in page.read_text(encoding='utf-8'))
    assert 'HYPERLINK' in html
    assert 'HYPERLINK' not in first.read_text(encoding='utf-8'), 'who copied is told to the instructor alone'


def test_each_learner_reads_their_own_language(good, other, tmp_path):
    grading = grade_files([good, other], scores=False)
    write_grades(grading, tmp_path / 'grades.csv', 'en')
    first, second = sorted((tmp_path / 'grades' / 'reports').iterdir())
    assert '你的作业' in first.read_text(encoding='utf-8')
    assert 'Your homework' in second.read_text(encoding='utf-8')
    assert 'Homework: overview' in (tmp_path / 'grades' / 'overview.html').read_text(encoding='utf-8')


def test_grading_again_replaces_and_something_else_is_left_alone(good, tmp_path):
    grading = grade_files([good], scores=False)
    write_grades(grading, tmp_path / 'grades.csv')
    write_grades(grading, tmp_path / 'grades.csv')
    (tmp_path / 'mine').mkdir()
    (tmp_path / 'mine' / 'notes.txt').write_text('keep')
    with pytest.raises(OSError, match='something else'):
        write_grades(grading, tmp_path / 'mine.csv')
    assert sorted(p.name for p in tmp_path.iterdir()) == ['grades', 'grades.csv', 'mine']
    assert (tmp_path / 'mine' / 'notes.txt').read_text() == 'keep'


def test_a_full_disk_leaves_the_old_grades(good, tmp_path, monkeypatch):
    grading = grade_files([good], scores=False)
    write_grades(grading, tmp_path / 'grades.csv')
    before = {p: p.read_bytes() for p in tmp_path.rglob('*') if p.is_file()}

    def full(*args, **kwargs):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(grade, 'overview_page', full)
    with pytest.raises(OSError, match='No space'):
        write_grades(grading, tmp_path / 'grades.csv')
    assert {p: p.read_bytes() for p in tmp_path.rglob('*') if p.is_file()} == before


def test_the_command_line(good, other, tmp_path, capsys):
    from homework.__main__ import main

    (tmp_path / 'in').mkdir()
    for archive in (good, other):
        (tmp_path / 'in' / archive.name).write_bytes(archive.read_bytes())
    table = str(tmp_path / 'grades.csv')
    assert main(['grade', str(tmp_path / 'in'), '--csv', table, '--no-scores']) == 0
    assert '100 / 100  Anna' in capsys.readouterr().out
    (tmp_path / 'in' / 'bad.zip').write_bytes(b'')
    assert main(['grade', str(tmp_path / 'in'), '--csv', table, '--no-scores']) == 1
    assert 'bad.zip: an empty file' in capsys.readouterr().err
    with pytest.raises(SystemExit, match='2'):
        main(['grade', str(tmp_path / 'in'), '--csv', 'grades.xlsx'])
    assert 'must end in .csv' in capsys.readouterr().err


def test_a_card_says_what_it_was_drawn_from(good):
    with zipfile.ZipFile(good) as opened, Image.open(io.BytesIO(opened.read('cards/story.png'))) as card:
        content = json.loads(opened.read('evidence.json'))
        code = next(e['code'] for e in content['tasks'] if e['task'] == 'story')
        assert card.info['course-code'] == code
