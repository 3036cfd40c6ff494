"""Chat with a server in the browser, as with LMDeploy's former `serve gradio`.

    python -m lessons.serving.clients.page http://127.0.0.1:23333
    python -m lessons.serving.clients.page --model PATH              # starts a server of its own first

The page is for this machine only, loads nothing from elsewhere, and lets no answer load anything from elsewhere.
Every browser tab has a conversation of its own.  The server may go away and come back meanwhile.
"""

import argparse
import asyncio
import getpass
import os
import signal
import sys
import tempfile
import threading

from helpers.troubleshooting import pointer
from lessons.serving.keys import ENVIRONMENT
from lessons.serving.port import free_port
from lessons.serving.proxies import without_proxies
from lessons.serving.tunnel import tunnel_command
from lmdeploy_cpu.terminal import print_anything
from translations.messages import shown

from .api import ChatError, ChatServer, KeyRefusedError
from .page_events import POLL_S, WebChat

PORT = 6006  # as in the course's documents
# No request leaves this machine, whatever an answer contains.
_POLICY = b"default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; form-action 'none'; object-src 'none'"
_STYLE = """
footer { display: none !important }
.gradio-container { max-width: 1400px !important }
#head h1 { margin: 0; font-size: 1.4em } #head p { margin: 2px 0 }
#speed { min-height: 1.6em }
.dot { display: inline-block; width: .7em; height: .7em; border-radius: 50%; margin-right: .5em }
.good { background: #2e9d4c } .slow { background: #d99000 } .bad { background: #d03030 }
"""


def chat_page(events: WebChat, vision: bool = False):
    """The page, a gr.Blocks."""
    import gradio as gr

    # Not `gr.ChatInterface` (tried in Gradio 6.31): stopped before the first token, the question stays in the history,
    # where the next request takes it along; after a server's error half the answer stays, and the field is disabled for
    # good.  Here both come back to the field.  `gr.load_chat` besides sends the system prompt with the first turn only,
    # and keeps one key and one model name, so a server that starts again is lost.  The policy (`_Policy`) fits either.
    with gr.Blocks(title=shown('LMDeploy chat'), analytics_enabled=False, fill_height=True) as page:
        turns = gr.State([])
        with gr.Row(scale=1):
            with gr.Column(scale=7, min_width=480):
                with gr.Column(scale=0, elem_id='head'):
                    gr.Markdown('# ' + shown('LMDeploy chat'))
                    status = gr.HTML(shown('connecting …'), elem_id='status', padding=False)
                chat = gr.Chatbot(
                    elem_id='chat', show_label=False, height='calc(100vh - 245px)', min_height=280, buttons=['copy'],
                    allow_tags=False, feedback_options=None, placeholder=shown('Write a message below.'),
                )  # fmt: skip
                with gr.Row(scale=0, equal_height=True):
                    field = gr.Textbox(
                        elem_id='message', show_label=False, lines=1, max_lines=6, scale=8, autofocus=True,
                        placeholder=shown('A message; Enter sends, Shift+Enter begins a new line'), container=False,
                    )  # fmt: skip
                    send = gr.Button(shown('Send'), variant='primary', min_width=80, elem_id='send')
                    stop = gr.Button(shown('Stop'), variant='stop', min_width=80, elem_id='stop')
                speed_line = gr.HTML(elem_id='speed', padding=False)
            with gr.Column(scale=3, min_width=240):
                system = gr.Textbox(label=shown('System prompt'), lines=4, elem_id='system')
                temperature = gr.Slider(
                    0, 2, 0.8, step=0.05, label=shown('Temperature'), info=shown('0: the likeliest token'),
                    elem_id='temperature',
                )  # fmt: skip
                top_p = gr.Slider(0.05, 1, 0.95, step=0.05, label='top_p', elem_id='top-p')
                longest = shown('Maximum tokens of an answer')
                limit = gr.Number(512, minimum=1, precision=0, label=longest, elem_id='limit')
                image = gr.Image(
                    type='filepath', sources=['upload', 'clipboard'], label=shown('Image'), visible=vision,
                    elem_id='image', height=200, buttons=[],
                )  # fmt: skip
                # As it was uploaded: Gradio turns what is transparent black, and 16 bits white, and saves it again.
                image.preprocess = lambda uploaded: uploaded and uploaded.path
                clear = gr.Button(shown('Clear the conversation'), elem_id='clear')

        outputs = [field, image, chat, turns, speed_line]
        private = {'api_visibility': 'private', 'show_progress': 'hidden', 'concurrency_limit': None}
        inputs = [field, image, turns, system, temperature, top_p, limit]
        answering = gr.on([field.submit, send.click], events.send, inputs, outputs, **private)
        stopping = stop.click(None, cancels=[answering], **private)
        stopping.then(events.stopped, [field, image, turns], outputs, **private)
        for trigger in (clear.click, chat.clear):
            clearing = trigger(None, cancels=[answering], **private)
            clearing.then(lambda: (None, [], [], ''), None, [image, chat, turns, speed_line], **private)
        page.load(events.status, None, status, **private)
        gr.Timer(POLL_S).tick(events.status, None, status, **private)
    return page


class _Policy:
    """ASGI middleware: the content security policy on every reply."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def send_more(message):
            if message['type'] == 'http.response.start':
                message['headers'] = [*message.get('headers', ()), (b'content-security-policy', _POLICY)]
            await send(message)

        await self.app(scope, receive, send_more)


def page_port(asked: int | None) -> int:
    """The port that was asked for, or 6006, or the next that is free.  Raises OSError when it is taken."""
    try:
        return free_port(asked or PORT, 1 if asked else 100)
    except OSError as error:
        raise OSError(f'{error}: leave --port out for a free one' if asked else str(error)) from None


def key_asked_for(url: str) -> str | None:
    """Ask for the server's key if it wants one that neither the environment nor `api_server` gives."""
    try:
        asyncio.run(ChatServer(url).models())
    except KeyRefusedError as error:
        print(shown(error))
        if sys.stdin.isatty():
            return getpass.getpass(f'{shown("key (Enter: none)")}: ').strip() or None
    except ChatError as error:
        print(shown(error), shown('The page shows when it is there.'), sep='  ')
    return None


def serve(server: ChatServer, port: int, vision: bool = False) -> None:
    """Show the page on 127.0.0.1 until Ctrl-C."""
    os.environ['GRADIO_ANALYTICS_ENABLED'] = 'False'  # read when Gradio is imported
    with without_proxies():
        import gradio as gr
    from starlette.middleware import Middleware

    fonts = ['system-ui', 'Noto Sans', 'Noto Sans CJK SC', 'sans-serif']  # the machine's own: nothing is fetched
    with tempfile.TemporaryDirectory(prefix='web-ui-') as uploads:
        os.environ['GRADIO_TEMP_DIR'] = uploads
        page = chat_page(WebChat(server), vision)
        with without_proxies():  # Gradio calls itself
            page.launch(
                server_name='127.0.0.1', server_port=port, share=False, quiet=True, prevent_thread_lock=True,
                footer_links=[], run_history=False, allowed_paths=[], ssr_mode=False, css=_STYLE,
                theme=gr.themes.Soft(primary_hue='indigo', font=fonts, font_mono=['ui-monospace', 'monospace']),
                app_kwargs={'middleware': [Middleware(_Policy)], 'docs_url': None, 'redoc_url': None},
            )  # fmt: skip
        here, tunnel = f'http://127.0.0.1:{port}', tunnel_command(port)
        print(shown(f'Open {here} in a browser.  From another machine, first there: {tunnel}'))
        print(shown('Ctrl-C ends it.'), flush=True)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uploads and server go with it
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print()
        finally:
            page.close(verbose=False)


def main(arguments: list[str] | None = None) -> None:
    print_anything()
    parser = argparse.ArgumentParser(
        prog='python -m lessons.serving.clients.page', description=shown(__doc__.splitlines()[0])
    )
    parser.add_argument(
        'url', metavar='URL', nargs='?', help=shown("the server's address, such as http://127.0.0.1:23333")
    )
    parser.add_argument(
        '--model', metavar='PATH', help=shown('start a server on this model first, and end it with the page')
    )
    parser.add_argument('--port', type=int, help=shown(f'of the page (default: {PORT}, or the next one that is free)'))
    parser.add_argument('--vision', action='store_true', help=shown('the model sees: show a slot for an image'))
    options = parser.parse_args(arguments)
    if bool(options.url) == bool(options.model):
        parser.error(shown('give either URL or --model PATH'))
    try:
        port = page_port(options.port)
        if options.url:
            key = key_asked_for(ChatServer(options.url).url)
            serve(ChatServer(options.url, key), port, options.vision)
        else:
            from lessons.serving.server import api_server

            with api_server(options.model) as server:
                key = server.environment()[ENVIRONMENT]  # $LMDEPLOY_API_KEY may hold another server's
                serve(ChatServer(server.url, key), port, options.vision)
    except (ValueError, OSError, RuntimeError) as error:
        sys.exit(f'{parser.prog}: {shown(error)}{pointer(error)}')


if __name__ == '__main__':
    main()
