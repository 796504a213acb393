"""XLSX of 100,000 rows × 12 columns as a click builds it: seconds, and memory above what was there before.

`python bench/workbook.py [--rows N]` prints both beside their limits and fails when one is passed.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from odoo_client.documents.workbook import Cover, workbook

SECONDS_AT_MOST, MB_AT_MOST = 60.0, 200.0
FIRST_DAY = np.datetime64("2025-01-01")


def table(rows: int) -> pd.DataFrame:
    """Return a table like the customers of Arrears: four texts, a currency, four amounts, two days and a count."""
    rng = np.random.default_rng(7)
    numbers = np.arange(rows).astype(str)
    days = {name: (FIRST_DAY + rng.integers(0, 700, rows)).astype("datetime64[s]") for name in ("Due", "Last payment")}
    amounts = {
        name: rng.integers(0, 5_000_000, rows) / 100 for name in ("Overdue", "Not due", "Unallocated", "Balance")
    }
    texts = {
        "Customer": np.char.add("Customer of Harare North number ", numbers),
        "Phone": np.char.add("+263 77 ", numbers),
        "City": rng.choice(["Harare", "Bulawayo", "Mutare", "Gweru"], rows),
        "Reference": np.char.add("AF", numbers),
        "Currency": rng.choice(["USD", "ZWG"], rows),
    }
    return pd.DataFrame(
        {name: pd.Series(values, dtype="str") for name, values in texts.items()} | amounts | days
    ).assign(Days=rng.integers(0, 400, rows))


def memory_mb(line: str) -> float:
    """Return a line of /proc/self/status (VmRSS: held now, VmHWM: the most held since `forget_peak`) in MB."""
    status = Path("/proc/self/status").read_text()
    return int(next(row.split()[1] for row in status.splitlines() if row.startswith(line))) / 1024


def forget_peak() -> None:
    """Let VmHWM count from what is held now (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")


def main() -> int:
    """Build the workbook once and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    frame = table(parser.parse_args().rows)
    forget_peak()
    before, started = memory_mb("VmRSS"), time.perf_counter()
    data = workbook(frame, Cover("Arrears", datetime.now(UTC)))
    seconds, above = time.perf_counter() - started, memory_mb("VmHWM") - before
    print(f"{len(frame):,} rows × {frame.shape[1]} columns, {len(data) / 1e6:.1f} MB of XLSX")
    print(f"time   {seconds:6.1f} s   (at most {SECONDS_AT_MOST:.0f} s)")
    print(f"memory {above:6.1f} MB  above what was held before (at most {MB_AT_MOST:.0f} MB)")
    return 0 if seconds <= SECONDS_AT_MOST and above <= MB_AT_MOST else 1


if __name__ == "__main__":
    sys.exit(main())
