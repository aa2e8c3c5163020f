"""Imports go down only: reporting → funds → projects → investors → fres.kernel (style §1)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from django.conf import settings


def test_no_app_imports_one_above_it_and_one_module_alone_knows_the_provider():
    command = shutil.which("lint-imports", path=str(Path(sys.executable).parent)) or "lint-imports"
    run = subprocess.run(
        [command, "--no-cache"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"PYTHONPATH": str(settings.BASE_DIR)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
