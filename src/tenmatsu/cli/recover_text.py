"""A plan for a terminal: whom it hurts and for how long, the steps, and what to know before approving."""

import sys

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tenmatsu.account.folding import Folded
from tenmatsu.account.safe import printable
from tenmatsu.cli.console import open_standard_output
from tenmatsu.model.plan import Plan, PlannedStep
from tenmatsu.model.words import Language, Words, listing, plain

_AFTER_WIDTH = 12
_A_MINUTE = 60.0


def print_plan(plan: Plan, language: Language, *, no_colour: bool) -> None:
    """Print the plan."""
    console = open_standard_output(no_colour=no_colour)
    with console.capture() as laid_out:
        _lay_out(console, plan, language)
    # Tables are filled up with blanks, which get in the way of who copies lines into a ticket.
    sys.stdout.writelines(line.rstrip() + "\n" for line in laid_out.get().splitlines())


def _lay_out(console: Console, plan: Plan, language: Language) -> None:
    head = TITLE.fill(remedy=REMEDIES[plan.remedy].fill(name=plan.component), count=len(plan.steps))
    console.print(Folded(Text(printable(head.into(language)), style="bold")))
    for sentence in describe_harm(plan):
        console.print(Folded(Text(printable(sentence.into(language)))))
    console.print()
    console.print(Padding(_table(plan, language), (0, 0, 0, 2)))
    for warning in plan.warnings:
        console.print()
        console.print(Folded(Text(printable(f"! {warning.into(language)}"), style="yellow")))
    console.print()
    console.print(Folded(Text(printable(FOOT.fill(digest=plan.digest[:16]).into(language)), style="dim")))


def describe_harm(plan: Plan) -> list[Words]:
    """Return a sentence for each machine that is away: with its services, and for about how long."""
    away = [step for step in plan.steps if step.harm.seconds]
    return [
        AWAY.fill(
            name=step.component,
            services=_services(step),
            minutes=_minutes(step.harm.seconds),
        )
        for step in sorted(away, key=lambda step: -step.harm.seconds)
    ]


def _services(step: PlannedStep) -> Words:
    names = [name for name in step.harm.components if name != step.component]
    return WITH.fill(names=listing(tuple(map(plain, names)))) if names else plain("")


def _minutes(seconds: float) -> Words:
    minutes = max(1, round(seconds / 60))
    return MINUTES.fill(minutes=minutes)


def _table(plan: Plan, language: Language) -> Table:
    numbers = {step.id: number for number, step in enumerate(plan.steps, start=1)}
    table = Table.grid(expand=True, padding=(0, 2, 0, 0))
    table.add_column(justify="right", style="cyan", no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    table.add_column(max_width=_AFTER_WIDTH, overflow="fold", style="dim")
    table.add_column(no_wrap=True, style="dim")
    table.add_row(*(Text(one.into(language), style="bold") for one in (plain(""), STEP, AFTER, LIMIT)))
    for step in plan.steps:
        after = _ranges(sorted(numbers[id] for id in step.after))
        table.add_row(
            str(numbers[step.id]),
            Folded(Text(printable(_say(step).into(language)))),
            after or "–",
            _limit(step.limit_seconds).into(language),
        )
    return table


def _ranges(numbers: list[int]) -> str:
    """Return numbers as a person writes them: 3, 5–27."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and parts[-1][-1] == number - 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in parts)


def _limit(seconds: float) -> Words:
    if seconds >= _A_MINUTE * 2:
        return LIMIT_MINUTES.fill(minutes=f"{seconds / _A_MINUTE:.0f}")
    return LIMIT_SECONDS.fill(seconds=f"{seconds:.0f}")


def _say(step: PlannedStep) -> Words:
    ready = [one for one in step.ready if one.target != step.component]
    if not ready:
        return step.words
    told = listing(tuple(plain(f"{one.by.value} {one.target}") for one in ready))
    return Words("{what}: {ready}", "{what}: {ready}").fill(what=step.words, ready=told)


REMEDIES = {
    "restart-guest": Words("Restart the guest {name}", "ゲスト {name} の再起動"),
    "restart-host": Words("Restart the host {name} with all its guests", "ホスト {name} と全ゲストの再起動"),
}
TITLE = Words(
    "{remedy}: {count:step|steps}. Nothing was done.", "{remedy}: {count} 手順。まだ何も実行していません。"
)
AWAY = Words("{name}{services} will be away for {minutes}.", "{name}{services} は{minutes}停止します。")
WITH = Words(" (with {names})", " ({names} を含む)")
MINUTES = Words("about {minutes:minute|minutes}", "約 {minutes} 分")
STEP = Words("step", "手順")
AFTER = Words("after", "先行")
LIMIT = Words("at most", "上限")
LIMIT_MINUTES = Words("{minutes} min", "{minutes} 分")
LIMIT_SECONDS = Words("{seconds} s", "{seconds} 秒")
FOOT = Words(
    "Plan {digest}. The same by hand: --script. As data: --json.",
    "計画 {digest}。手で行うには --script、データとしては --json。",
)
