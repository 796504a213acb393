"""What each page showed before the desk was redesigned, the worst of three looks: pages without a goal keep to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Seen(NamedTuple):
    """What is seen of a page: where the first row of its list begins (None: no list), rows in sight, page scroll."""

    y: int | None
    rows: int
    scroll: int

    def worse(self, other: Seen) -> Seen:
        """Return the worse of two in each respect."""
        y = None if self.y is None or other.y is None else max(self.y, other.y)
        return Seen(y, min(self.rows, other.rows), max(self.scroll, other.scroll))


SIZES = ("1280×900", "1920×1080", "380×800")


def of(*seen: tuple[int | None, int, int]) -> Mapping[str, Seen]:
    """Return what was seen at each of `SIZES`."""
    return {size: Seen(*one) for size, one in zip(SIZES, seen, strict=True)}


#: By world, page and size.
BEFORE: Mapping[str, Mapping[str, Mapping[str, Seen]]] = {
    "plain": {
        "overview": of((1885, 0, 2319), (1799, 0, 2054), (5270, 0, 5094)),
        "customers": of((685, 6, 259), (662, 10, 57), (1208, 0, 882)),
        "arrears": of((1628, 0, 1255), (1584, 0, 1031), (3033, 0, 2760)),
        "billing": of((1717, 0, 2464), (1568, 0, 2115), (3181, 0, 4590)),
        "payments": of((573, 9, 148), (551, 10, 0), (973, 0, 647)),
        "services": of((1731, 0, 1306), (1688, 0, 1082), (4189, 0, 3863)),
        "tickets": of((2370, 0, 1944), (2157, 0, 1551), (4347, 0, 4021)),
        "orders": of((1846, 0, 1420), (1784, 0, 1179), (2935, 0, 2609)),
        "products": of((922, 0, 497), (900, 5, 294), (1910, 0, 1584)),
        "contacts": of((934, 0, 508), (911, 5, 306), (1614, 0, 1309)),
        "outbox": of((575, 9, 150), (553, 10, 0), (1006, 0, 701)),
        "audit": of((566, 10, 141), (544, 10, 0), (1175, 0, 871)),
    },
    "hard": {
        "overview": of((2079, 0, 2514), (1994, 0, 2248), (5554, 0, 5379)),
        "customers": of((879, 0, 454), (857, 6, 251), (1492, 0, 1167)),
        "arrears": of((1822, 0, 1449), (1779, 0, 1226), (3317, 0, 3044)),
        "billing": of((2247, 0, 2995), (1931, 0, 2477), (3717, 0, 5127)),
        "payments": of((768, 4, 342), (745, 10, 140), (1257, 0, 932)),
        "services": of((1926, 0, 1500), (1882, 0, 1277), (4473, 0, 4148)),
        "tickets": of((2564, 0, 2139), (2351, 0, 1746), (4631, 0, 4306)),
        "orders": of((2040, 0, 1615), (1979, 0, 1373), (3219, 0, 2894)),
        "products": of((1117, 0, 691), (1094, 0, 489), (2194, 0, 1869)),
        "contacts": of((1128, 0, 703), (1106, 0, 500), (1898, 0, 1594)),
        "outbox": of((671, 6, 245), (648, 10, 43), (1146, 0, 842)),
        "audit": of((662, 7, 236), (639, 10, 34), (1316, 0, 1011)),
    },
}
