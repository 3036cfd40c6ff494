# A drawing, shown to a vision model through the page. By hand:
# `python -m lessons.serving.clients.page URL --vision`, or as chapter 6 does it; then
# copy the answer here and add a screenshot.
import tempfile
import time
from pathlib import Path

from PIL import Image, ImageDraw

from helpers import model_path
from lessons.serving import api_server
from lessons.serving.clients.api import ChatServer
from lessons.serving.clients.page_events import WebChat
from lessons.serving.event_loop import in_a_thread


async def ask_page(url, key, question, picture):
    """What the page answers to a first message with a picture."""
    events = WebChat(ChatServer(url, key)).send(question, picture, [], '', 0, 1, 64)
    return [turns async for _, _, _, turns, _ in events][-1][-1].answer


VLM = model_path('internvl3-1b')
PICTURE, question = Path(tempfile.mkdtemp()) / 'circle.png', 'describe this image'
drawing = Image.new('RGB', (320, 320), 'white')
ImageDraw.Draw(drawing).ellipse((80, 80, 240, 240), 'red')
drawing.save(PICTURE)
with api_server(VLM, session_len=2048, cache_max_entry_count=0.4, max_batch_size=4, model_name=VLM.name) as server:
    vision_page.engine('vision', server)
    start = time.perf_counter()
    shown = in_a_thread(ask_page(server.url, server.client.api_key, question, str(PICTURE)))
    seconds = time.perf_counter() - start
    messages = [{'role': 'user', 'content': [{'type': 'text', 'text': question}, {'type': 'image_url'}]}]
    vision_page.answer(messages, shown, time_s=seconds, client='page', image=PICTURE)
vision_page.screenshot(PICTURE, 'the picture')
print(shown)
