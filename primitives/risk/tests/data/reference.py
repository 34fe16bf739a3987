#!/usr/bin/env python3
"""Reference figures of this crate, with 60 digits (mpmath 1.3): python3 reference.py constants | vectors | functions

`constants` prints the table of src/fixed/nodes.rs, `vectors` the file black76.csv, `functions` the file functions.csv.
"""
import sys
from mpmath import mp, mpf, erfc, exp, log, sqrt, nint, pi, floor

mp.dps = 60
YEAR = 365 * 86_400_000


def phi(x):
    return exp(-x * x / 2) / sqrt(2 * pi)


def tail(x):
    """The normal distribution's mass above x."""
    return erfc(x / sqrt(mpf(2))) / 2


def call_put(forward, strike, ms, ppm):
    """Black-76 without discounting, in the units of forward and strike."""
    f, k = mpf(forward), mpf(strike)
    s = mpf(ppm) / 10**6 * sqrt(mpf(ms) / YEAR)
    d1 = log(f / k) / s + s / 2
    d2 = d1 - s
    return f * tail(-d1) - k * tail(-d2), k * tail(d2) - f * tail(d1)


def constants():
    for k in range(76):
        c = mpf(k) / 8
        print("    (%d, %d)," % (nint(tail(c) * 2**62), nint(phi(c) * 2**62)))
    print("// ln 2 in 2^-120:", nint(log(mpf(2)) * 2**120))


def vectors():
    print("forward,strike,ms,volatility,call,put")
    hours = [1, 6, 24, 168, 720, 2160, 8760, 26280]
    vols = [50_000, 100_000, 250_000, 600_000, 1_000_000, 1_800_000, 3_000_000]
    ratios = ["0.2", "0.5", "0.8", "0.95", "0.99", "1", "1.01", "1.05", "1.25", "2", "5"]
    forwards = [95_586_270_000, 1_000_003, 31_000_000_000_000_000]
    i = 0
    for h in hours:
        for v in vols:
            for r in ratios:
                forward = forwards[0] if i % 5 else forwards[1 + (i // 5) % 2]
                # Moneyness is forward over strike; the largest strike keeps its width.
                strike = int(floor(forward / mpf(r)))
                if strike >= 2**55:
                    forward = forwards[0]
                    strike = int(floor(forward / mpf(r)))
                c, p = call_put(forward, strike, h * 3_600_000, v)
                print("%d,%d,%d,%d,%s,%s" % (forward, strike, h * 3_600_000, v, show(c), show(p)))
                i += 1


def show(x):
    n = int(nint(x * 10**9))
    return "%d.%09d" % (n // 10**9, n % 10**9)


def functions():
    """Arguments and values in 2^-64, rounded."""
    print("function,argument,value")
    one = 2**64
    state = 1
    for i in range(240):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        u = mpf(state) / 2**64
        for name, x, f in [
            ("exp", int((u * 86 - 43) * one), exp),
            ("ln", int(exp(u * 80 - 40) * one) + 1, log),
            ("sqrt", int(exp(u * 80 - 40) * one) + 1, sqrt),
            ("cdf", int((u * 20 - 10) * one), lambda x: tail(-x)),
        ]:
            print("%s,%d,%d" % (name, x, nint(f(mpf(x) / one) * one)))


{"constants": constants, "vectors": vectors, "functions": functions}[sys.argv[1]]()
