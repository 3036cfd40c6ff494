"""What README promises is there."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / 'README.md').read_text(encoding='utf-8')


def test_every_link_of_every_markdown_file_leads_somewhere():
    names = subprocess.run(['git', 'ls-files', '*.md'], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    dead = []
    for name in names.split():
        path = ROOT / name
        for target in re.findall(r'\]\(([^)#\s]+)', path.read_text(encoding='utf-8')):
            if not target.startswith(('http:', 'https:')) and not (path.parent / target).exists():
                dead.append((name, target))
    assert not dead


def test_every_chapter_is_in_the_table():
    chapters = {p.name for p in (ROOT / 'notebooks').glob('*.ipynb')}
    assert set(re.findall(r'\(notebooks/(\S+\.ipynb)\)', README)) == chapters


def test_every_make_target_it_names_is_there():
    targets = set(re.findall(r'^([a-z-]+):', (ROOT / 'Makefile').read_text(), re.M))
    assert set(re.findall(r'(?:^|`)make ([a-z]+)', README, re.M)) <= targets


def test_every_folder_it_names_is_there():
    folders = re.findall(r'^([a-z_]+)/ ', README, re.M)
    assert len(folders) >= 10
    assert not [f for f in folders if not (ROOT / f).is_dir()]


def test_the_chapters_make_slides(tmp_path):
    command = [sys.executable, '-m', 'jupyter', 'nbconvert', '--to', 'slides', '--output-dir', tmp_path]
    done = subprocess.run([*command, ROOT / 'notebooks' / '01_hf_vs_turbomind.ipynb'], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / '01_hf_vs_turbomind.slides.html').read_text().count('<section') > 20


def test_every_picture_is_drawn_by_the_script_or_taken_by_a_test():
    drawn = set(re.findall(r"'([a-z_]+)': [a-z_]+", (ROOT / 'imgs' / 'draw.py').read_text().split('def main')[1]))
    assert {p.stem for p in (ROOT / 'imgs').glob('*.png')} == drawn | {'web_ui', 'vlm_page'}
