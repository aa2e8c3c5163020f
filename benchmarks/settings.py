"""Settings of the benchmarks: the real ones on the embedded server, in a scratch database of their own."""

import os

os.environ.setdefault("FRES_DEMONSTRATION", "1")
os.environ.setdefault("FRES_AS_OWNER", "1")

from fres.settings import *  # noqa: F403
from fres.settings import BASE_DIR, DATABASES

DATABASES["default"]["TEST"] = {"NAME": "bench_fres"}
DATABASES["default"]["CONN_MAX_AGE"] = None
DOCUMENT_ROOT = BASE_DIR / "var" / "bench-documents"
CLOCK_FILE = ""
