# A drawing, shown to a vision model through the page, in a browser that this program drives. By hand:
# `python -m lessons.serving.clients.page URL --vision`, or as chapter 6 does it; then copy the answer here and add a
# screenshot.
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image, ImageDraw

from helpers import model_path
from homework.collect.browser import asked_on_page
from homework.collect.terminal import Terminal
from lessons.serving import api_server
from lessons.serving.port import free_port

VLM, folder = model_path('internvl3-1b'), Path(tempfile.mkdtemp())
PICTURE, question = folder / 'circle.png', 'describe this image'
drawing = Image.new('RGB', (320, 320), 'white')
ImageDraw.Draw(drawing).ellipse((80, 80, 240, 240), 'red')
drawing.save(PICTURE)
with api_server(VLM, session_len=2048, cache_max_entry_count=0.4, max_batch_size=4, model_name=VLM.name) as server:
    vision_page.engine('vision', server)
    port = free_port(6006)
    page = [sys.executable, '-m', 'lessons.serving.clients.page', server.url, '--vision', '--port', str(port)]
    with Terminal(page) as terminal:
        terminal.wait_for(f':{port}')  # "Open http://127.0.0.1:PORT in a browser"
        start = time.perf_counter()
        shown = asked_on_page(f'http://127.0.0.1:{port}', question, folder / 'page.png', image=PICTURE)
        seconds = time.perf_counter() - start
    messages = [{'role': 'user', 'content': [{'type': 'text', 'text': question}, {'type': 'image_url'}]}]
    vision_page.answer(messages, shown, time_s=seconds, client='page', image=PICTURE)
vision_page.screenshot(folder / 'page.png', 'the page')
print(shown)
