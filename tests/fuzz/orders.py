"""`python -m tests.fuzz.orders [--seeds A-B] [--actions 1,4,7]`: odd invoices of odd companies, with actions of people,
QuickBooks and the network in any order; after each run the plan must have predicted the outcome (story.py).

A failing seed is repeated with the fewest actions that fail, and can be replayed with these.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from onedesk_quickbooks.plugin.host.records import HostProblem
from onedesk_quickbooks.plugin.sandbox.wire.faults import Refused
from tests.fuzz import in_onedesk, in_quickbooks
from tests.fuzz.story import Story, Wrong
from tests.sync.faults import AT_ONCE

SEEDS = (1, 300)
LENGTH = 26
Action = Callable[[Story, Random], str]
"""An action that returns its description; "" if it does not apply."""


def fault(story: Story, dice: Random) -> str:
    name = dice.choice(sorted(AT_ONCE))
    path = dice.choice(["", "batch", "invoice", "send", "cdc"])
    method = "" if path in ("", "cdc") else "POST"
    story.sandbox.faults.inject(**AT_ONCE[name], path=path, method=method, skip=dice.choice([0, 0, 1, 2]))
    return f"fault: {name} at {path or 'anything'}"


def late(story: Story, dice: Random) -> str:
    story.late.holds = True
    return "the next request that writes is late"


def arrives(story: Story, dice: Random) -> str:
    if not story.late.pending:
        return ""
    story.late.deliver()
    return "what was late arrives"


def weather(story: Story, dice: Random) -> str:
    story.sandbox.faults.clear()
    story.late.deliver()
    story.desk.clock.sleep(700)
    return "faults are cleared, time passes"


def restart(story: Story, dice: Random) -> str:
    story.restart()
    return "restart"


def time(story: Story, dice: Random) -> str:
    story.desk.clock.sleep(dice.choice([40, 200, 4000]))
    return "time passes"


def brings(story: Story, dice: Random) -> str:
    story.note("look for payments")
    story.bring()
    return "payments were looked for"


ACTIONS: dict[Action, int] = {
    in_onedesk.ask: 24,
    in_onedesk.host_edits: 10,
    in_onedesk.host_voids: 3,
    in_onedesk.host_is_paid: 2,
    in_onedesk.billing: 2,
    in_onedesk.moves: 3,
    in_onedesk.settles: 4,
    in_onedesk.retries: 4,
    in_onedesk.new_rules: 3,
    in_quickbooks.edits: 10,
    in_quickbooks.names: 4,
    in_quickbooks.strangers: 3,
    in_quickbooks.merges: 2,
    in_quickbooks.exempts: 2,
    in_quickbooks.preferences: 2,
    in_quickbooks.bounces: 1,
    in_quickbooks.by_hand: 3,
    in_quickbooks.undoes: 3,
    in_quickbooks.pays: 6,
    in_quickbooks.credits: 3,
    in_quickbooks.unpays: 3,
    in_quickbooks.closes: 2,
    fault: 5,
    late: 3,
    arrives: 2,
    weather: 5,
    restart: 2,
    time: 3,
    brings: 6,
}


def drawn(seed: int) -> list[Action]:
    """The actions of a seed, in order; the first is a copy or a send."""
    dice, aside = Random(f"{seed} deeds"), Random(f"{seed} credits")
    found = [in_onedesk.ask, *dice.choices(list(ACTIONS), list(ACTIONS.values()), k=dice.randint(10, LENGTH))]
    for _ in range(aside.choice([0, 0, 2, 4])):  # keeps the other stories unchanged
        found.insert(aside.randint(1, len(found)), in_onedesk.credits)
    post = Random(f"{seed} mails")
    for _ in range(post.choice([0, 0, 1, 3])):
        found.insert(post.randint(1, len(found)), in_quickbooks.mails)
    return found


def run_story(seed: int, keep: Sequence[int] | None = None) -> tuple[str, list[str]]:
    """Run the story of a seed, with only the actions in `keep`; return the error ("" for none) and the log."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        story = Story(seed, Path(home))
        try:
            for number, action in enumerate(drawn(seed)):
                if keep is None or number in keep:
                    _do(story, action, seed, number)
            story.rest()
        except Wrong as wrong:
            return str(wrong), story.log
        except Exception as error:
            logging.getLogger(__name__).debug("seed %s", seed, exc_info=True)
            return f"{type(error).__name__}: {error}", story.log
        finally:
            story.close()
    return "", story.log


def _do(story: Story, action: Action, seed: int, number: int) -> None:
    dice = Random(f"{seed} {number}")
    story.single.clear()
    try:
        text = action(story, dice)
    except (Refused, HostProblem) as problem:
        text = f"{action.__name__} is refused: {problem}"
    if text:
        story.note(f"{number}: {text}")
    if text and dice.random() < 0.7:
        story.work()


def shortened(seed: int) -> list[int]:
    """The fewest actions of a seed that fail in the same way."""
    wrong, _ = run_story(seed)
    kept = list(range(len(drawn(seed))))
    for number in reversed(kept[:]):
        fewer = [each for each in kept if each != number]
        found, _ = run_story(seed, fewer)
        if found and _kind(found) == _kind(wrong):
            kept = fewer
    return kept


def _kind(wrong: str) -> str:
    """An error without its figures and names."""
    return " ".join(each for each in wrong.split()[:9] if not any(sign.isdigit() for sign in each))


def main(arguments: Sequence[str]) -> int:
    """Run the seeds; exits 1 if one fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.orders")
    parser.add_argument("--seeds", default="-".join(map(str, SEEDS)), help="a number, or A-B")
    parser.add_argument("--actions", help="of one seed these alone, such as 0,3,7")
    parser.add_argument("--story", action="store_true", help="the whole story of each seed")
    given = parser.parse_args(arguments)
    logging.disable(logging.ERROR)
    first, _, last = given.seeds.partition("-")
    keep = [int(each) for each in given.actions.split(",")] if given.actions else None
    failed = 0
    for seed in range(int(first), int(last or first) + 1):
        wrong, lines = run_story(seed, keep)
        if wrong and keep is None:
            short = shortened(seed)
            wrong, lines = run_story(seed, short)
            lines.append(f"again: python -m tests.fuzz.orders --seeds {seed} --actions {','.join(map(str, short))}")
        failed += bool(wrong)
        if wrong or given.story:
            sys.stdout.write("\n".join([f"seed {seed}", *lines, f"WRONG: {wrong}" if wrong else "right", "", ""]))
            sys.stdout.flush()
    sys.stdout.write(f"seeds {given.seeds}: {failed} wrong\n")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
