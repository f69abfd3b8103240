"""The shortest proof of the end that any test can give: what the bench compares ours with.

Wald's formula is exact for a walk without jumps only: where one failure is worth hundreds of successes, no
test at all comes near it. The shortest mean is found by Lagrange's duality. For prices of the two errors the
cheapest test is an optimal stopping problem on the lattice (failures, successes), solved backwards; whatever
the prices, its cost less the price of the stated errors is under the mean of every test that keeps those
errors. The best prices give the highest such bound, and a test that draws lots at its walls reaches it (Wald
and Wolfowitz 1948).
"""

from collections.abc import Callable
from math import exp, log, log1p

# Steps that are looked ahead, as a multiple of Wald's bound: whatever goes on for so long changes no digit.
_AHEAD, _LEAST_AHEAD = 8, 40
_ROUNDS, _HALVINGS = 3, 14
_PRICES = (1.0, 1e6)
# Beyond this log likelihood ratio an error's price is nothing.
_SURE = 25.0


def find_shortest(still: float, usual: float, error: float, over: bool, wald: float) -> float:
    """Return the least mean number of any test with these two equal errors, where it is over, or still fails.

    `wald` is Wald's bound for the same.
    """
    ahead = max(_LEAST_AHEAD, int(_AHEAD * wald))

    def bound(price_over: float, price_still: float) -> float:
        cost = _cheapest(still, usual, over, price_over, price_still, ahead)
        return cost - error * (price_over + price_still)

    prices = [wald / error, wald / error]
    best = bound(*prices)
    for _ in range(_ROUNDS):
        # The bound is concave in the prices: one after the other climbs to its top.
        prices[0] = _climb(lambda price: bound(price, prices[1]))
        prices[1] = _climb(lambda price: bound(prices[0], price))
        best = max(best, bound(*prices))
    return best


def _climb(value: Callable[[float], float]) -> float:
    """Return where a function with one top has it, by golden section on a logarithmic scale."""
    low, high = map(log, _PRICES)
    share = (5**0.5 - 1) / 2
    left, right = high - share * (high - low), low + share * (high - low)
    at_left, at_right = value(exp(left)), value(exp(right))
    for _ in range(_HALVINGS):
        if at_left >= at_right:
            high, right, at_right = right, left, at_left
            left = high - share * (high - low)
            at_left = value(exp(left))
        else:
            low, left, at_left = left, right, at_right
            right = low + share * (high - low)
            at_right = value(exp(right))
    return exp((low + high) / 2)


def _cheapest(
    still: float, usual: float, over: bool, price_over: float, price_still: float, ahead: int
) -> float:
    """Return the least of mean number plus prices of errors, seen from where it is over, or still fails."""
    up, down = log(still / usual), log1p(-usual) - log1p(-still)
    rate = usual if over else still

    def stop(failures: int, trials: int) -> float:
        # An error under the other statement costs by how much likelier that is: both are seen from one side.
        height = max(-_SURE, min(_SURE, failures * up - (trials - failures) * down))
        if over:
            return min(price_still, price_over * exp(height))
        return min(price_over, price_still * exp(-height))

    def band(trials: int) -> range:
        """Return the failures between which anything is open; beyond, everybody stops."""
        least, most = ((trials * down + side) / (up + down) for side in (-_SURE, _SURE))
        return range(max(0, int(least)), min(trials, int(most) + 1) + 1)

    later, values = band(ahead), [stop(failures, ahead) for failures in band(ahead)]
    for trials in range(ahead - 1, -1, -1):
        # Both neighbours of each place, those beyond the band too.
        begin = later.start
        known = dict(enumerate(values, begin))
        later, values = band(trials), []
        for failures in later:
            after = [known.get(one, stop(one, trials + 1)) for one in (failures, failures + 1)]
            go_on = 1 + (1 - rate) * after[0] + rate * after[1]
            values.append(min(stop(failures, trials), go_on))
    return values[0]
