"""A campaign: many cases, each measured in a process of its own, whose rows become one record.

A program derives a class from `Campaign`, which says what its cases are, what each measures and how, and calls `main`.
Each row is a line of `--rows` as soon as it is measured: broken off, the next call goes on with the rest.  Cases run at
once as far as there are cards for them; when the minutes are over no other begins, and what there is is saved.
"""

import dataclasses
import json
import tempfile
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import ClassVar

from benchmarks.command_line import CommandLine
from benchmarks.own_process import OVER, Processes
from benchmarks.saving import new_record, save_record

ROOT = Path(__file__).resolve().parent.parent


def campaign_line(manual: str, record: str, *, minutes: float) -> CommandLine:
    """The options that all campaigns have; the rows lie in build/, under the record's topic."""
    parser, rows = CommandLine(manual, record), ROOT / 'build' / f'{record.rpartition("/")[2]}.jsonl'
    parser.add_argument(
        '--minutes', type=float, default=minutes, help='end after this, with what there is; default: %(default)g'
    )
    parser.add_argument('--rows', type=Path, default=rows, help='where each row is kept')
    parser.add_argument('--checkpoints', type=Path, help='where random weights are kept; default: a folder that goes')
    parser.add_argument('--processes', choices=('forkserver', 'spawn'), default='forkserver', help='spawn: all anew')
    parser.add_argument('--list', action='store_true', help='only print the cases that would be measured')
    return parser


class Cards:
    """Which cards are free."""

    def __init__(self, indices: list[int]):
        self._free, self._changed = sorted(indices), threading.Condition()

    def take(self, count: int, deadline: float) -> list[int] | None:
        """The first `count` free ones, when there are so many; None: the time is up."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._free) >= count, max(0.0, deadline - time.monotonic())):
                return None
            taken, self._free = self._free[:count], self._free[count:]
            return taken

    def give_back(self, cards: list[int]) -> None:
        with self._changed:
            self._free = sorted(self._free + cards)
            self._changed.notify_all()


class Campaign:
    """Cases and what becomes of them.

    A case is a frozen dataclass with a `name`.  What it measures is a list of keys, such as its batch sizes, or [None].

    Args:
        args: of `campaign_line`, and the program's own.
        cases: in the order in which they begin.
    """

    topic: str
    weights = 'random'
    environment: ClassVar[dict[str, str]] = {}  # of all processes
    timeout_s: float = 180
    ahead = 0  # checkpoints made at once, before their cases begin; 0: each case makes its own, on its own card
    measure_case: Callable  # (case, folder, todo, plan, report), in the case's process: a function of a module

    def __init__(self, args, cases: list):
        self.args, self.cases = args, cases
        self.ended: dict[Hashable, str] = {}  # cases that ended early, and why
        self.over = False  # cases are left because the minutes were over
        self.folder, self.plan, self.origin = args.checkpoints, {}, {}
        self._lock, self._made, self._broken_off = threading.RLock(), {}, threading.Event()

    # ------------------------------------------------------------------------ what a program says of its own

    def todo_of(self, case) -> list:
        """What the case measures."""
        return [None]

    def key_of(self, row: dict) -> tuple[Hashable, Hashable]:
        """(case, which of its measurements) of a row."""
        raise NotImplementedError

    def line_of(self, row: dict) -> str:
        """One line for the eye."""
        raise NotImplementedError

    def record_of(self, rows: list[dict]) -> tuple[str, dict]:
        """What the record says of the model, and its data."""
        raise NotImplementedError

    def cards(self) -> list[int]:
        """Cards, as nvidia-smi counts them; or whatever lets so many cases run at once."""
        return self.args.gpus

    def cards_of(self, case) -> int:
        """How many of them the case takes."""
        return 1

    def checkpoint_of(self, case) -> str:
        """The name of the folder with the case's weights."""
        raise NotImplementedError

    def make_checkpoint(self, case, folder: Path, cards: list[int]) -> None:
        """Make it; `cards` is empty where it is made ahead."""
        raise NotImplementedError

    def environment_of(self, case, cards: list[int]) -> dict[str, str]:
        """Variables of the case's process."""
        return {'CUDA_VISIBLE_DEVICES': ','.join(map(str, cards))}

    def timeout_of(self, case) -> float:
        """Seconds that the case may take."""
        return self.timeout_s

    def measure(self, case, todo: list, cards: list[int], keep: Callable[[dict], None]) -> str | None:
        """Measure `todo`, calling `keep(row)` with each row; why it ended early, or None."""
        folder = self.checkpoint(case, cards)
        return self.processes.measure(
            self.measure_case,
            (case, str(folder), todo, self.plan),
            keep=keep,
            timeout_s=self.timeout_of(case),
            deadline=self.deadline,
            environment=self.environment_of(case, cards),
            give_up=self._broken_off.is_set,
        )

    def close(self) -> None:
        """After the last case, whatever became of it."""

    # ------------------------------------------------------------------------ what all have in common

    @property
    def complete(self) -> bool:
        """Is every row there?"""
        return not self.over and not self.ended

    def main(self) -> int:
        """Measure what is missing, save all; 0 if no case is left, whatever became of those that began."""
        for folder in (self.args.rows.parent, *filter(None, [self.args.checkpoints])):
            folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as scratch:
            self.folder = self.args.checkpoints or Path(scratch)
            self.run()
        rows = self.rows()
        if self.args.save and rows:
            model, data = self.record_of(rows)
            commit = self.args.commit
            record = new_record(self.topic, model=model, weights=self.weights, data=data, commit=commit)
            print('written:', save_record(record, self.args.save), flush=True)
            if self.complete:
                self.args.rows.unlink()  # the next call measures anew
        return int(self.over)

    def show(self) -> int:
        """Print what would be measured."""
        for case, todo in self.waiting():
            print(case.name if todo == [None] else f'{case.name}: {todo}')
        return 0

    def read_rows(self) -> dict[tuple, dict]:
        """Rows that were measured before, by `key_of`."""
        lines = self.args.rows.read_text().splitlines() if self.args.rows.exists() else []
        return {self.key_of(row): row for row in map(json.loads, lines)}

    def rows(self) -> list[dict]:
        """Those of the wanted cases, in their order."""
        there = self.read_rows()
        return [there[case, at] for case in self.cases for at in sorted(self.todo_of(case)) if (case, at) in there]

    def ended_early(self) -> list[dict]:
        """The cases that ended early, and why, for the record."""
        return [dataclasses.asdict(case) | {'why': why.splitlines()[0]} for case, why in self.ended.items()]

    def waiting(self) -> list[tuple]:
        """(case, what of it is not measured yet)."""
        there = self.read_rows()
        rest = [(case, [at for at in self.todo_of(case) if (case, at) not in there]) for case in self.cases]
        return [(case, todo) for case, todo in rest if todo]

    def say(self, text: str) -> None:
        print(f'[{time.monotonic() - self.begin:4.0f} s] {text}', flush=True)

    def run(self) -> None:
        """Measure what is missing; `ended` and `over` say what is still missing then."""
        self.begin = time.monotonic()
        self.deadline = self.begin + 60 * self.args.minutes
        self.processes = Processes(self.args.processes, self.environment)
        waiting, cards, running = self.waiting(), Cards(self.cards()), []
        print(f'{len(self.cases)} cases, {len(waiting)} of them with something to measure', flush=True)
        with ThreadPoolExecutor(max(1, self.ahead)) as making, ThreadPoolExecutor(len(self.cards())) as measuring:
            made = {}
            try:
                for case, _ in waiting if self.ahead else ():
                    name = self.checkpoint_of(case)
                    made[name] = made.get(name) or making.submit(self.checkpoint, case)
                for case, todo in waiting:
                    if self.ahead:  # no card waits for weights
                        wait([made[self.checkpoint_of(case)]], max(0.0, self.deadline - time.monotonic()))
                    mine = cards.take(self.cards_of(case), self.deadline) if time.monotonic() < self.deadline else None
                    for future in filter(Future.done, running):
                        future.result()  # a fault of the program, or Ctrl-C: nothing else begins
                    if mine is None:
                        break
                    self.say(f'({len(running) + 1}/{len(waiting)}) on {mine}: {case.name}')
                    running.append(measuring.submit(self._measure, case, todo, mine))
                    running[-1].add_done_callback(lambda _, mine=mine: cards.give_back(mine))
                wait(running, return_when=FIRST_EXCEPTION)
                for future in filter(Future.done, running):
                    future.result()
            except BaseException:
                self._broken_off.set()
                raise
            finally:
                making.shutdown(cancel_futures=True)
                measuring.shutdown()
                self.close()
        left = len(waiting) - len(running)
        self.over = left > 0 or any(why.startswith(OVER) for why in self.ended.values())
        if self.over:
            minutes = f'{self.args.minutes:g} minutes are over'
            self.say(f'{minutes}; {left} cases were not begun: the same call goes on with them')

    def _measure(self, case, todo: list, cards: list[int]) -> None:
        def keep(row: dict) -> None:
            row = dataclasses.asdict(case) | row | self.origin
            with self._lock:
                with open(self.args.rows, 'a', encoding='utf-8') as file:
                    file.write(json.dumps(row) + '\n')
                self.say(self.line_of(row))

        try:
            why = self.measure(case, todo, cards, keep)
        except (OSError, RuntimeError) as error:
            why = f'{type(error).__name__}: {error}'
        if why:
            with self._lock:
                self.ended[case] = why
                self.say(f'{case.name} ended early: {why}')

    def checkpoint(self, case, cards: list[int] | None = None) -> Path:
        """The folder of the case's weights; the first who asks makes it, the others wait.

        Raises:
            RuntimeError, OSError: it could not be made.
        """
        name = self.checkpoint_of(case)
        folder = self.folder / name
        with self._lock:
            first = name not in self._made
            made = self._made.setdefault(name, Future())
        if first:
            try:
                begin = time.monotonic()
                if not folder.exists():
                    self.make_checkpoint(case, folder, cards or [])
                    if not folder.exists():
                        raise RuntimeError(f'{folder} could not be made')
                    self.say(f'{name}: made in {time.monotonic() - begin:.0f} s')
                made.set_result(folder)
            except BaseException as error:
                made.set_exception(error)
        return made.result()
