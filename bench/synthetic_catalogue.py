"""What the invented provider sells: 120 plans by technology, speed and segment, and 80 kits, routers and fees."""

from __future__ import annotations

from itertools import product

import numpy as np

TECHNOLOGIES = ("fibre", "wireless", "starlink", "")
FIBRE, WIRELESS, STARLINK, NO_TECHNOLOGY = range(4)
_SEGMENTS = (("Home", 1.0), ("Business", 1.8), ("School", 0.9), ("Lodge", 1.5), ("Branch", 1.3))
_SPEEDS = (
    (FIBRE, "Fibre", ((10, 35.0), (20, 45.0), (30, 55.0), (50, 79.0), (75, 95.0))),
    (FIBRE, "Fibre", ((100, 120.0), (150, 150.0), (200, 180.0), (300, 230.0), (500, 320.0))),
    (
        WIRELESS,
        "Wireless",
        ((2, 25.0), (5, 30.0), (8, 33.0), (10, 35.0), (15, 45.0), (20, 55.0), (25, 65.0), (30, 75.0)),
    ),
    (STARLINK, "Starlink", ((50, 50.0), (100, 75.0), (150, 110.0), (200, 150.0), (250, 200.0), (300, 260.0))),
)
_SOLD = (("router", 60.0), ("switch", 45.0), ("cable 50 m", 25.0), ("mast", 80.0), ("mesh point", 70.0), ("UPS", 95.0))


def _catalogue() -> tuple[tuple[str, int, bool, float], ...]:
    plans = [
        (f"{name} {speed} {segment} Unlimited", technology, True, round(price * factor, 2))
        for technology, name, speeds in _SPEEDS
        for (speed, price), (segment, factor) in product(speeds, _SEGMENTS)
    ]
    fees = [("Installation fee", NO_TECHNOLOGY, False, 60.0), ("Reconnection fee", NO_TECHNOLOGY, False, 10.0)]
    kits = [(f"Starlink kit {number}", STARLINK, False, 300.0 + 25 * number) for number in range(1, 9)]
    sold = [(f"AF{n} {name}", NO_TECHNOLOGY, False, price + 5 * n) for n, (name, price) in product(range(1, 12), _SOLD)]
    # Nobody has mapped these: they are what Products lists with the setting that maps them.
    unmapped = [(f"Managed line {number}", NO_TECHNOLOGY, False, 100.0 * number) for number in range(1, 5)]
    return (*plans, *fees, *kits, *sold, *unmapped)


#: name, technology (as an index), is a service, monthly price in US dollars; the plans come first
PRODUCTS = _catalogue()
PLANS = sum(1 for row in PRODUCTS if row[2])
PRODUCT_TECHNOLOGY = np.array([row[1] for row in PRODUCTS])
PRICES = np.array([row[3] for row in PRODUCTS])
FEE = next(at for at, row in enumerate(PRODUCTS) if row[0] == "Installation fee")
KITS = np.array([at for at, row in enumerate(PRODUCTS) if row[0].startswith("Starlink kit")])
HARDWARE = np.array([at for at, row in enumerate(PRODUCTS) if row[0].startswith("AF")])


def plans_of(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return `count` plans as indices into `PRODUCTS`: a few are on everybody's roof, most are rare."""
    popularity = 1 / (1 + np.random.default_rng(7).permutation(PLANS))
    return rng.choice(PLANS, count, p=popularity / popularity.sum())
