"""One import in a process of its own: `python -m crm.caselog.worker BATCH`, started by `actions.launch`.

It runs behind the pages: at the lowest priority, and with each chunk's transaction short.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys

from crm.caselog.actions import run
from crm.core.access import SYSTEM
from crm.core.errors import CrmError
from crm.core.today import today


def main() -> None:
    """Work off the batch named on the command line. What came of it stands on the batch."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    with contextlib.suppress(OSError):
        os.nice(10)
    try:
        run(SYSTEM, int(sys.argv[1]), today=today())
    except CrmError as error:
        logging.getLogger(__name__).error("%s", error)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
