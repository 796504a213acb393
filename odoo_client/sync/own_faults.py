"""A fault of this app while it makes a dataset, reported with the names of dataset and model, and its cause."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from odoo_client.errors import AfinetError, DatasetError

log = logging.getLogger(__name__)


@contextmanager
def naming(dataset: str, models: Mapping[str, str]) -> Iterator[None]:
    """Turn what goes wrong within, other than an error of the tree, into a DatasetError about `dataset`.

    `models` gives its Odoo model where that is known by then. The last snapshot stays, so a dataset that cannot be made
    is reported rather than shown in part.
    """
    try:
        yield
    except AfinetError:
        raise
    except Exception as exc:
        log.exception("dataset %s failed", dataset)
        model = models.get(dataset, "")
        what = f"{dataset} ({model})" if model else dataset
        raise DatasetError(
            f"What Odoo sent for {what} was more than this app could make sense of ({type(exc).__name__}): its log has "
            "the details; please report them.",
            dataset=dataset,
            model=model,
        ) from exc
