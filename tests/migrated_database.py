"""One migrated database for all processes of a run, and for the next runs: test databases are copies of it.

Migrating takes longer than most of the suite; copying takes a second. The copy still goes through `migrate`, which
then finds nothing to do. A migration, a declared model or a library that changes gives another database.
"""

import hashlib
import re
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg.sql import SQL, Identifier

_PREFIX = "fres_migrated_"
_APPS = ("fres", "funds", "projects", "investors", "reporting")
_LOCK = 7_332_411  # the advisory lock under which one process builds and the others wait


def migrated_database() -> str:
    """Return the name of a database in which every migration has run, building it where it is not there yet.

    Those of older code are dropped. A run that is killed while it builds leaves nothing under the final name.
    """
    name = _PREFIX + _fingerprint()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [_PREFIX + "%"])
        present = {row[0] for row in cursor.fetchall()}
        if name not in present:
            for old in present:
                _drop(cursor, old)
            building = _migrate_anew()
            cursor.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(building), Identifier(name)))
    return name


def _fingerprint() -> str:
    """Of every migration, of what migrations import from our code, and of the locked libraries."""
    root: Path = settings.BASE_DIR
    migrations = sorted(path for app in _APPS for path in (root / app).rglob("migrations/*.py"))
    imported = {
        root / f"{module.replace('.', '/')}.py"
        for path in migrations
        for module in re.findall(rf"^(?:from|import) ((?:{'|'.join(_APPS)})[\w.]*)", path.read_text(), re.MULTILINE)
    }
    digest = hashlib.sha256()
    for path in (*migrations, *sorted(path for path in imported if path.exists()), root / "requirements.txt"):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _migrate_anew() -> str:
    """Migrate an empty database and let it go; return its name."""
    test_settings = connection.settings_dict["TEST"]
    kept = connection.settings_dict["NAME"], test_settings["NAME"]
    building = test_settings["NAME"] = _PREFIX + "building"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = kept[0]
    test_settings["NAME"] = kept[1]
    return building


def _drop(cursor: CursorWrapper, name: str) -> None:
    cursor.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
