#!/usr/bin/env python3
"""Reference vectors at 50 digits.

    pip install mpmath
    python3 scripts/vectors.py                       # the committed ones, vectors/*.csv
    python3 scripts/vectors.py --full DIRECTORY      # both grids of 24 000 points, and then
    OPTION_MATH_VECTORS=DIRECTORY cargo test --release -p option-math vectors

Inputs are the integers the library takes. Expected values are in units of 1e-24, six digits below a wei, so that what
is compared is the library's error and not the reference's rounding. Seeds are fixed: the files are reproducible.
"""
import os
import random
import sys

from mpmath import cbrt, erfc, erfinv, exp, log, mp, mpf, nint, pi, sqrt

mp.dps = 50
WAD = 10**18
YEAR = 31_536_000


def fine(value):
    return str(int(nint(value * mpf(10) ** 24)))


def cdf(x):
    return erfc(-x / sqrt(2)) / 2


def pdf(x):
    return exp(-x * x / 2) / sqrt(2 * pi)


def log_uniform(rng, low, high):
    return exp(rng.uniform(float(log(low)), float(log(high))))


def black_scholes(spot, strike, vol, tenor, rate):
    s0, k, v, r = (mpf(x) / WAD for x in (spot, strike, vol, rate))
    t = mpf(tenor) / YEAR
    s = v * sqrt(t)
    d1 = (log(s0 / k) + r * t) / s + s / 2
    discounted = k * exp(-r * t)
    price = s0 * cdf(d1) - discounted * cdf(d1 - s)
    theta = -(s0 * pdf(d1) * v / (2 * sqrt(t)) + r * discounted * cdf(d1 - s)) / 365
    return price, cdf(d1), pdf(d1) / s, s0 * pdf(d1) * sqrt(t), theta


def edge(rng, low, high):
    """Anywhere between, any magnitude alike; now and then an end."""
    return rng.choice([low, high]) if rng.random() < 0.1 else int(log_uniform(rng, low, high))


def anywhere(rng):
    """The whole domain: half of it about the forward, where the probabilities are decided, half of it any strike."""
    while True:
        spot, vol, tenor = edge(rng, 10**12, 10**28), edge(rng, 10**12, 5 * WAD), edge(rng, 1, 10 * YEAR)
        rate = rng.choice([0, rng.choice([1, -1]) * edge(rng, 1, 5 * 10**17)])
        if rng.random() < 0.5:
            return spot, edge(rng, 10**12, 10**28), vol, tenor, rate
        t = mpf(tenor) / YEAR
        s = mpf(vol) / WAD * sqrt(t)
        strike = int(spot * exp(s * s / 2 + mpf(rate) / WAD * t - rng.uniform(-8, 8) * s))
        if 10**12 <= strike <= 10**28:
            return spot, strike, vol, tenor, rate


def point(rng, grid):
    """Moneyness .3 to 3 (wide) or d1 uniform within 6 (central), volatility .05 to 3, 60 s to a year; or anywhere."""
    if grid == "domain":
        return anywhere(rng)
    spot = int(log_uniform(rng, 100, 10_000) * WAD)
    tenor = int(log_uniform(rng, 60, YEAR))
    vol = int(log_uniform(rng, 0.05, 3) * WAD)
    rate = rng.choice([0, 5 * 10**16, rng.randrange(-(10**17), 10**17)])
    if grid == "wide":
        return spot, int(spot / log_uniform(rng, 0.3, 3)), vol, tenor, rate
    while True:
        t = mpf(tenor) / YEAR
        s = mpf(vol) / WAD * sqrt(t)
        strike = int(spot * exp(s * s / 2 + mpf(rate) / WAD * t - rng.uniform(-6, 6) * s))
        if 10**12 <= strike <= 10**28:
            return spot, strike, vol, tenor, rate


def greeks(directory, count):
    for grid in ("wide", "central", "domain"):
        rng = random.Random(f"greeks {grid}")
        with open(os.path.join(directory, f"greeks_{grid}.csv"), "w") as out:
            out.write("spot,strike,vol,tenor,rate,price,delta,spot_gamma,vega,theta\n")
            for _ in range(count):
                inputs = point(rng, grid)
                values = black_scholes(*inputs)
                out.write(",".join([*map(str, inputs), *map(fine, values)]) + "\n")


# Spot, strike in % of it, volatility in %, seconds, rate in %: the inputs that gas is measured on.
STANDARD = [
    (2000, 100, 80, 604_800, 0),
    (2000, 110, 80, 604_800, 5),
    (3000, 90, 30, 86_400, 5),
    (3000, 110, 150, 86_400, 0),
    (4000, 70, 80, 2_592_000, 5),
    (4000, 150, 150, 2_592_000, 5),
    (2500, 100, 30, 3_600, 5),
    (2500, 100, 150, 3_600, 0),
    (3500, 150, 30, 2_592_000, 0),
    (3500, 70, 150, 3_600, 5),
    (2000, 90, 80, 2_592_000, 0),
    (4000, 110, 30, 604_800, 5),
]


def standard(directory):
    with open(os.path.join(directory, "standard.csv"), "w") as out:
        out.write("spot,strike,vol,tenor,rate,price,delta,spot_gamma,vega,theta\n")
        for spot, percent, vol, tenor, rate in STANDARD:
            inputs = (spot * WAD, spot * WAD // 100 * percent, vol * WAD // 100, tenor, rate * WAD // 100)
            out.write(",".join([*map(str, inputs), *map(fine, black_scholes(*inputs))]) + "\n")


def functions(directory, count):
    rng = random.Random("functions")
    rows = []

    def row(name, inputs, expected):
        rows.append(",".join([name, *map(str, inputs), fine(expected)]))

    for _ in range(count):
        x = int(rng.uniform(-41, 30) * WAD) if rng.random() < 0.5 else rng.randrange(-WAD, WAD)
        row("exp", [x], exp(mpf(x) / WAD))
        x = int(log_uniform(rng, 1e-18, 1e20) * WAD) + 1 if rng.random() < 0.7 else WAD + rng.randrange(-(10**15), 10**15)
        row("ln", [x], log(mpf(x) / WAD))
        x = int(log_uniform(rng, 1e-18, 1e19) * WAD) + 1
        row("sqrt", [x], sqrt(mpf(x) / WAD))
        row("cbrt", [x], cbrt(mpf(x) / WAD))
        x = int(rng.uniform(-9.5, 9.5) * WAD) if rng.random() < 0.7 else rng.randrange(-WAD, WAD)
        row("pdf", [x], pdf(mpf(x) / WAD))
        row("cdf", [x], cdf(mpf(x) / WAD))
        p = rng.randrange(1, WAD) if rng.random() < 0.7 else int(log_uniform(rng, 1e-9, 0.5) * WAD) + 1
        row("inverse_cdf", [p], -sqrt(2) * erfinv(1 - 2 * mpf(p) / WAD))

        spot, _, vol, tenor, rate = point(rng, "wide")
        delta = rng.randrange(WAD // 100, WAD - WAD // 100)
        s = mpf(vol) / WAD * sqrt(mpf(tenor) / YEAR)
        q = -sqrt(2) * erfinv(1 - 2 * mpf(delta) / WAD)
        strike = mpf(spot) / WAD * exp(mpf(rate) / WAD * tenor / YEAR + s * s / 2 - q * s)
        if mpf("1e-6") <= strike <= mpf("1e9"):
            row("strike_from_delta", [spot, delta, vol, tenor, rate], strike)

        variance, life = rng.randrange(0, 4 * WAD), rng.randrange(60, 90 * 86400)
        r = rng.randrange(-(10**17), 10**17)
        elapsed = 0 if rng.random() < 0.1 else int(log_uniform(rng, 1, 10**7))
        kept = mpf(2) ** (-mpf(elapsed) / life)
        weight = (1 - kept) / elapsed if elapsed else log(2) / life
        row("ewma", [variance, r, elapsed, life], kept * variance / WAD + weight * YEAR * (mpf(r) / WAD) ** 2)

        cost, aversion = rng.randrange(10**14, 10**16), rng.randrange(10**17, 10**19)
        gamma, nav = int(log_uniform(rng, 1e-3, 1e5) * WAD), int(log_uniform(rng, 10, 1e9) * WAD)
        band = cbrt(mpf(3) / 2 * cost / WAD * (mpf(gamma) / WAD) ** 2 * (mpf(nav) / spot) / (mpf(aversion) / WAD))
        row("band", [cost, spot, gamma, nav, aversion], band)

        kappa, floor, cap = rng.randrange(10**17, 5 * WAD), rng.randrange(WAD // 2, WAD), rng.randrange(WAD, 3 * WAD)
        a, b = sorted(rng.randrange(0, WAD) for _ in range(2))
        e = rng.randrange(0, WAD)
        k, lo, hi = (mpf(x) / WAD for x in (kappa, floor, cap))
        row("dutch", [kappa, floor, cap, a, e], min(max(exp(k * (a - e) / WAD), lo), hi))

        def antiderivative(q):
            low, high = mpf(e) / WAD + log(lo) / k, mpf(e) / WAD + log(hi) / k
            q = mpf(q) / WAD
            if q <= low:
                return lo * (q - low)
            inside = min(q, high)
            return (exp(k * (inside - mpf(e) / WAD)) - lo) / k + hi * (q - inside)

        row("dutch_integral", [kappa, floor, cap, a, b, e], antiderivative(b) - antiderivative(a))
    rng = random.Random("functions of greeks")
    for _ in range(count):
        spot, strike, vol, tenor, rate = point(rng, "wide")
        call = black_scholes(spot, strike, vol, tenor, rate)
        row("discounted", [strike, tenor, rate], mpf(strike) / WAD * exp(-mpf(rate) / WAD * tenor / YEAR))
        cap = strike + int(log_uniform(rng, 1e-4, 3) * strike)
        row("capped", [spot, strike, cap, vol, tenor, rate], call[0] - black_scholes(spot, cap, vol, tenor, rate)[0])
        beta = rng.randrange(-2 * WAD, 2 * WAD)
        # Of the vega and the delta as they are given, in wei.
        delta, vega = (int(value * WAD) for value in (call[1], call[3]))
        row("minimum_variance", [delta, vega, spot, beta], (delta + mpf(vega) * beta / spot) / WAD)
        spot, strike, vol, tenor, rate = point(rng, "central")
        price, _, _, vega, _ = black_scholes(spot, strike, vol, tenor, rate)
        if vega > mpf(spot) / WAD / 10**6:
            row("implied_volatility", [int(nint(price * WAD)), spot, strike, tenor, rate], mpf(vol) / WAD)
    with open(os.path.join(directory, "functions.csv"), "w") as out:
        out.write("\n".join(sorted(rows)) + "\n")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--full":
        os.makedirs(sys.argv[2], exist_ok=True)
        standard(sys.argv[2])
        greeks(sys.argv[2], 24_000)
        functions(sys.argv[2], 5_000)
    else:
        here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "vectors")
        standard(here)
        greeks(here, 1_200)
        functions(here, 250)
