"""Sliders over one softmax: what each parameter leaves of the next token's probabilities, and twenty draws."""

import html
from collections.abc import Mapping
from dataclasses import asdict, fields

import ipywidgets

from lessons.chat import next_logits
from lessons.widget import Panel
from translations.messages import shown

from .bars import as_text, svg
from .distribution import Probabilities, Sampling, after_sampling
from .draws import draw_tokens
from .rows import rows_of, summary

DRAWS = 20  # the button says it too
# name: (what is asked, the answer so far), for any model of the course
PROMPTS = {'broad': ('tell me a story', ''), 'peaked': ('repeat after me: ha ha ha ha ha ha', 'ha ha ha')}


class SamplingLab(Panel):
    """The controls are attributes (`prompt`, `temperature`, `top_k`, …), so a cell can set them.

    `probabilities` is what they lead to, None if the engine gave no logits; `drawn` counts the draws by token id.
    """

    probabilities: Probabilities | None = None

    def __init__(self, pipe, sampling: Sampling):
        self._pipe, self._tokenizer = pipe, pipe.async_engine.tokenizer.model.model
        self._quiet, self._problem = False, ''
        self.drawn = {}
        wide = {'style': {'description_width': '130px'}, 'layout': ipywidgets.Layout(width='auto')}
        choices = [(shown('broad'), 'broad'), (shown('peaked'), 'peaked')]
        message, answer = PROMPTS['broad']
        self.prompt = ipywidgets.Dropdown(options=choices, description=shown('prompt'), **wide)
        self.message = ipywidgets.Text(message, description=shown('message'), continuous_update=False, **wide)
        self.answer = ipywidgets.Text(answer, description=shown('answer so far'), continuous_update=False, **wide)
        self.temperature = ipywidgets.FloatSlider(min=0, max=2, step=0.05, description='temperature', **wide)
        self.top_k = ipywidgets.IntSlider(min=0, max=60, description='top_k', **wide)
        self.top_p = ipywidgets.FloatSlider(min=0, max=1, step=0.01, description='top_p', **wide)
        self.min_p = ipywidgets.FloatSlider(min=0, max=1, step=0.01, description='min_p', **wide)
        self.repetition_penalty = ipywidgets.FloatSlider(
            min=1, max=3, step=0.05, description='repetition_penalty', **wide
        )
        self.random_seed = ipywidgets.BoundedIntText(0, min=0, max=2**32 - 1, description='random_seed', **wide)
        self._draw_button = ipywidgets.Button(description=shown('Draw 20'), icon='random')
        self._draw_button.on_click(lambda _: self.draw())
        self.result = ipywidgets.HTML(layout=ipywidgets.Layout(flex='2 1 280px', min_width='0', max_width='760px'))
        for name, value in asdict(sampling).items():
            getattr(self, name).value = value
            getattr(self, name).observe(self._compute, 'value')
        self.prompt.observe(self._choose, 'value')
        for field in (self.message, self.answer):
            field.observe(self._ask, 'value')
        sliders = [getattr(self, field.name) for field in fields(Sampling)]
        controls = [self.prompt, self.message, self.answer, *sliders, self.random_seed, self._draw_button]
        column = ipywidgets.VBox(controls, layout=ipywidgets.Layout(flex='1 1 280px', max_width='380px'))
        row = ipywidgets.Layout(flex_flow='row wrap', align_items='flex-start')
        super().__init__([ipywidgets.HBox([column, self.result], layout=row)])
        self._ask()

    @property
    def sampling(self) -> Sampling:
        """What the sliders stand for."""
        return Sampling(**{field.name: getattr(self, field.name).value for field in fields(Sampling)})

    def draw(self) -> Mapping[int, int]:
        """Draw DRAWS tokens with the seeds from `random_seed` on, show how often each came, and return that."""
        if self.probabilities is not None:
            position = len(self._before) + len(self._answered)
            self.drawn = draw_tokens(self.probabilities, DRAWS, self.random_seed.value, position)
            self._show()
        return self.drawn

    def _choose(self, _) -> None:
        self._quiet = True  # one question to the engine, not one for each field
        self.message.value, self.answer.value = PROMPTS[self.prompt.value]
        self._quiet = False
        self._ask()

    def _ask(self, _=None) -> None:
        """One call of the engine: the logits of the next token."""
        if self._quiet:
            return
        chat = [{'role': 'user', 'content': self.message.value}]
        self.probabilities, self._problem = None, ''
        try:
            template = self._tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=True)
            self._before = list(template['input_ids'])
            self._answered = list(self._tokenizer(self.answer.value, add_special_tokens=False)['input_ids'])
            self._logits = next_logits(self._pipe, self._before + self._answered)
        except Exception as error:  # nobody would see it raised from a field
            self._problem = f'The engine gave no answer: {error or type(error).__name__}'
            self._show()
        else:
            self._compute()

    def _compute(self, _=None) -> None:
        self.drawn = {}
        if not self._problem:
            self.probabilities = after_sampling(self._logits, self.sampling, self._answered)
            self._show()

    def _show(self) -> None:
        if self.probabilities is None:
            self.result.value = f'<p style="color:#c62828">{html.escape(shown(self._problem))}</p>'
            self._text = shown(self._problem)
            return
        rows = rows_of(self.probabilities, lambda token: self._tokenizer.decode([token]), self.drawn, self._answered)
        says = [summary(self.probabilities)]
        if self.repetition_penalty.value != 1 and not self._answered:
            says.append(shown('There is no answer yet whose tokens repetition_penalty could act on.'))
        elif self._answered:
            says.append(shown('Violet: tokens of the answer so far, on which repetition_penalty acts.'))
        lines = ''.join(
            f'<p style="margin:4px 0;font-size:16px;line-height:1.4">{html.escape(line)}</p>' for line in says
        )
        self.result.value = svg(rows, says[0]) + lines
        self._text = '\n'.join([as_text(rows), *says])

    def _repr_mimebundle_(self, **options) -> dict:
        """The table as text besides, for pages where no widget runs."""
        return super()._repr_mimebundle_(**options) | {'text/plain': self._text}


def sampling_lab(pipe, **sampling) -> SamplingLab:
    """Give sliders for what decides the next token after a prompt: the last line of a cell.

    Args:
        pipe: an `lmdeploy.pipeline`; it is asked for logits once for each prompt.
        sampling: where the sliders begin, by the names of `Sampling`; what is left out is as in `GenerationConfig`.
    """
    return SamplingLab(pipe, Sampling(**sampling))
