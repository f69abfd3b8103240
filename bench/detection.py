"""How soon a rise in failures is seen, how short the proof of the end is: against what theory allows at best.

Everything is drawn with fixed seeds, so that the same table comes out each time. `make bench-detection`;
docs/detection.md says what the figures mean. It ends with 1 where a limit is not kept.

    delay     mean number of transactions from the rise to the alarm, beginning with an empty memory
    optimum   CUSUM that knows the true size, with the same false alarms: no rule is sooner
    ×         how many times the optimum's
"""

import argparse
import sys
from collections.abc import Iterator
from random import Random
from time import process_time

from bench.detection_figures import find_least_coverage, find_onsets, prove
from bench.detection_peers import count_until, find_optimum

from tenmatsu.chance.detect_failures import FailureDetector
from tenmatsu.chance.mixture import draw_successes

USUAL, EVERY = 0.001, 100_000
SIZES = (0.01, 0.05, 0.2, 0.5)
MOST_DELAY, FALSE_ALARMS_WITHIN = 1.25, 0.1
# The usual rate and how many transactions to a false alarm: that the threshold holds elsewhere too.
OTHERS = ((1e-5, 1e6), (0.0001, 50_000), (0.01, 10_000), (0.1, 2_000), (0.3, 500))
# 0.2213: what 31 failures of 100 were at least.
PROOFS = (
    (0.2213, 0.001, 0.01),
    (0.5, 0.001, 0.01),
    (0.05, 0.001, 0.01),
    (0.1, 0.02, 0.05),
    (0.2213, 0.05, 0.01),
)
MOST_NUMBER = 1.1
COVERAGES = ((10, 0.95), (100, 0.95), (1000, 0.95), (100, 0.99))
HELD = 0.95
ONSETS = ((0.01, 3000, 5000), (0.05, 800, 1200), (0.2, 500, 700), (0.5, 500, 700))
SEED = 20_261


def main() -> int:
    """Print the tables; 1 if a limit is broken."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=10_000, help="how often each is drawn (default 10,000)")
    runs = parser.parse_args().runs
    broken = []
    for table in (false_alarms, delays, proofs, coverages, onsets):
        for line, over in table(runs):
            print(f"{line}   OVER" if over else line, flush=True)
            broken += [line] if over else []
    said = f"{len(broken)} limits broken" if broken else "all limits kept"
    print(f"\n{process_time():.0f} s of CPU time, {runs:,} runs each: {said}")
    return 1 if broken else 0


Lines = Iterator[tuple[str, bool]]


def false_alarms(runs: int) -> Lines:
    """Yield how often chance alone raises an alarm, against what was asked for."""
    yield f"{'usual %':>9}{'asked: one in':>15}{'came: one in':>15}{'off %':>8}", False
    for usual, every in ((USUAL, EVERY), *OTHERS):
        came = mean_wait(FailureDetector(usual=usual, false_alarm_every=every), usual, runs)
        off = came / every - 1
        line = f"{usual:>9.3%}{every:>15,.0f}{came:>15,.0f}{off:>+8.1%}"
        yield line, abs(off) > FALSE_ALARMS_WITHIN


def delays(runs: int) -> Lines:
    """Yield how soon a rise is seen, by us and by others."""
    rules = {"3 in a row": (3, 3), "5 in 10": (5, 10)}
    yield f"\nusual {USUAL:.1%}, one false alarm in {EVERY:,} transactions", False
    yield f"{'rises to':>9}{'ours':>9}{'optimum':>9}{'×':>7}" + "".join(f"{one:>14}" for one in rules), False
    detector = FailureDetector(usual=USUAL, false_alarm_every=EVERY)
    for size in SIZES:
        ours = mean_wait(detector, size, runs)
        optimum = find_optimum(USUAL, size, EVERY, runs, SEED)
        times = ours / optimum
        others = "".join(f"{count_until(*rule, size):>14,.4g}" for rule in rules.values())
        yield f"{size:>9.0%}{ours:>9.2f}{optimum:>9.2f}{times:>7.3f}{others}", times > MOST_DELAY
    theirs = "".join(f"{count_until(*rule, USUAL):>14.3g}" for rule in rules.values())
    yield f"{'false alarms: one in':<34}{theirs}", False


def mean_wait(detector: FailureDetector, rate: float, runs: int) -> float:
    """Return after how many transactions an alarm comes, on average."""
    random, transactions = Random(SEED), 0
    for _ in range(runs):
        detector.clear()
        while not detector.raised:
            successes = draw_successes(random.random(), rate)
            detector.add_successes(successes)
            detector.add(True)
            transactions += successes + 1
    return transactions / runs


def proofs(runs: int) -> Lines:
    """Yield how long the proof of the end takes, and how often it is wrong."""
    yield "\nthe proof of the end: beside Wald's bound, and the shortest that any test can be", False
    head = f"{'still':>9}{'usual':>9}{'error':>9}{'truth':>7}{'wrong':>9}{'exactly':>9}"
    yield head + f"{'mean':>9}{'bound':>9}{'×':>7}{'any':>9}{'×':>7}", False
    for still, usual, error in PROOFS:
        for over in (True, False):
            seen = prove(still, usual, error, over, runs, SEED)
            times, of_any = seen.mean_number / seen.bound, seen.certain_mean / seen.shortest
            line = (
                f"{still:>9.2%}{usual:>9.2%}{error:>9.2%}{'over' if over else 'still':>7}"
                f"{seen.wrong:>9.2%}{seen.certain_wrong:>9.2%}{seen.mean_number:>9.2f}{seen.bound:>9.2f}{times:>7.3f}"
                f"{seen.shortest:>9.2f}{of_any:>7.3f}"
            )
            too_long = (over and times > MOST_NUMBER) or of_any > MOST_NUMBER
            yield line, too_long or seen.certain_wrong > error


def coverages(_runs: int) -> Lines:
    """Yield how often the rate's interval holds the true rate, at the worst of rates."""
    yield f"\n{'trials':>9}{'confidence':>12}{'covers at least':>17}", False
    for total, confidence in COVERAGES:
        least = find_least_coverage(total, confidence)
        yield f"{total:>9,}{confidence:>12.0%}{least:>17.2%}", least < confidence - 1e-9


def onsets(runs: int) -> Lines:
    """Yield how near the onset is found."""
    yield f"\nonset from {USUAL:.1%}, 95 % intervals; in transactions", False
    yield (
        f"{'rises to':>9}{'at':>6}{'of':>6}{'found':>9}{'median error':>14}{'width':>8}{'held':>9}",
        False,
    )
    for size, onset, length in ONSETS:
        seen = find_onsets(USUAL, size, onset, length, runs, SEED)
        line = (
            f"{size:>9.0%}{onset:>6}{length:>6}{seen.found:>9.1%}{seen.median_error:>14.0f}"
            f"{seen.mean_width:>8.1f}{seen.held:>9.1%}"
        )
        yield line, seen.held < HELD


if __name__ == "__main__":
    sys.exit(main())
