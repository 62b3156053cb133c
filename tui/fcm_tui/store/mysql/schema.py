"""The tables on the server, in numbered steps under a lock: names and keys are those of `store.schema`.

No auto-increment, no foreign keys, no locks over several rows: so they stand on a cluster too. Paths are bytes; text
is utf8mb4. The columns that only remember the disk (`files.digest` and on) stay with the recorder.

DDL ends a transaction in MySQL, so each statement of a step can be run again over its own work.
"""

from __future__ import annotations

import asyncio
import time

from fcm_tui import __version__
from fcm_tui.errors import ServerRefused
from fcm_tui.store.mysql.connection import Connection
from fcm_tui.store.mysql.failures import code_of, is_denied
from fcm_tui.store.mysql.literals import literal

_TABLE = "ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin ROW_FORMAT = DYNAMIC"

_FIRST = (
    """
CREATE TABLE IF NOT EXISTS recorders (
    recorder_id   BINARY(16) NOT NULL PRIMARY KEY,
    host          VARCHAR(255) NOT NULL,
    user          VARCHAR(255) NOT NULL,
    platform      VARCHAR(255) NOT NULL,
    version       VARCHAR(255) NOT NULL,
    first_seen_ns BIGINT NOT NULL,
    last_seen_ns  BIGINT NOT NULL,
    row_hash      BINARY(32),
    versions      BIGINT NOT NULL DEFAULT 0,
    files_to      VARBINARY(16) NOT NULL DEFAULT ''  -- files up to this id are here, changed or not
)""",
    """
CREATE TABLE IF NOT EXISTS roots (
    root_id      BINARY(16) NOT NULL PRIMARY KEY,
    recorder_id  BINARY(16) NOT NULL,
    path         MEDIUMBLOB NOT NULL,
    active       TINYINT NOT NULL,
    baseline_ns  BIGINT,
    device       BIGINT,
    row_hash     BINARY(32),
    changes      BIGINT NOT NULL DEFAULT 0,
    KEY roots_recorder (recorder_id)
)""",
    """
CREATE TABLE IF NOT EXISTS files (
    file_id       BINARY(16) NOT NULL PRIMARY KEY,
    root_id       BINARY(16) NOT NULL,
    path          MEDIUMBLOB NOT NULL,
    present       TINYINT NOT NULL,
    first_seen_ns BIGINT NOT NULL,
    KEY files_root (root_id, path(255))
)""",
    """
CREATE TABLE IF NOT EXISTS changes (
    recorder_id     BINARY(16) NOT NULL,
    sequence        BIGINT NOT NULL,
    time_ns         BIGINT NOT NULL,
    root_id         BINARY(16) NOT NULL,
    file_id         BINARY(16) NOT NULL,
    path            MEDIUMBLOB NOT NULL,
    previous_path   MEDIUMBLOB,
    kind            VARCHAR(16) NOT NULL,
    before_digest   BINARY(32),
    after_digest    BINARY(32),
    size            BIGINT,
    mode            BIGINT,
    mtime_ns        BIGINT,
    previous_size   BIGINT,
    previous_mode   BIGINT,
    previous_mtime_ns BIGINT,
    owner           TEXT,
    process         TEXT,
    capture         VARCHAR(16) NOT NULL,
    origin          VARCHAR(16) NOT NULL,
    group_sequence  BIGINT,
    inserted        BIGINT,
    updated         BIGINT,
    deleted         BIGINT,
    encoding        VARCHAR(64),
    newline         VARCHAR(16),
    attributes      VARBINARY(32),
    previous_attributes VARBINARY(32),
    chain_hash      BINARY(32) NOT NULL,
    PRIMARY KEY (recorder_id, sequence),
    KEY changes_time (time_ns),
    KEY changes_path (path(255), sequence),
    KEY changes_file (file_id, sequence)
)""",
    """
CREATE TABLE IF NOT EXISTS backup_paths (
    recorder_id   BINARY(16) NOT NULL,
    file_id       BINARY(16) NOT NULL,
    digest        BINARY(32) NOT NULL,
    original_file MEDIUMBLOB NOT NULL,
    backup_file   VARCHAR(80) NOT NULL,
    time_ns       BIGINT NOT NULL,
    size          BIGINT NOT NULL,
    seen_ns       BIGINT,
    PRIMARY KEY (recorder_id, file_id, digest)
)""",
    """
CREATE TABLE IF NOT EXISTS contents (
    digest      BINARY(32) NOT NULL,
    chunk       INT NOT NULL,
    codec       VARCHAR(8) NOT NULL,
    base_digest BINARY(32),
    data        LONGBLOB NOT NULL,
    PRIMARY KEY (digest, chunk)
)""",
    """
CREATE TABLE IF NOT EXISTS differences (
    digest          BINARY(32) NOT NULL PRIMARY KEY,
    operation       VARCHAR(8) NOT NULL,
    affected_lines  LONGTEXT,   -- NULL where they are encrypted
    replaced_lines  LONGTEXT,
    affected_sealed LONGBLOB,   -- the lines as an encrypted record has them
    replaced_sealed LONGBLOB
)""",
    """
CREATE TABLE IF NOT EXISTS change_differences (
    recorder_id       BINARY(16) NOT NULL,
    sequence          BIGINT NOT NULL,
    ordinal           BIGINT NOT NULL,
    difference_digest BINARY(32) NOT NULL,
    old_start         BIGINT NOT NULL,
    old_count         BIGINT NOT NULL,
    new_start         BIGINT NOT NULL,
    new_count         BIGINT NOT NULL,
    PRIMARY KEY (recorder_id, sequence, ordinal)
)""",
    """
CREATE TABLE IF NOT EXISTS gaps (
    recorder_id   BINARY(16) NOT NULL,
    gap           BIGINT NOT NULL,
    root_id       BINARY(16),
    from_ns       BIGINT NOT NULL,
    to_ns         BIGINT,
    reason        TEXT NOT NULL,
    changes_found BIGINT,
    row_hash      BINARY(32),
    PRIMARY KEY (recorder_id, gap)
)""",
    """
CREATE TABLE IF NOT EXISTS reviews (
    recorder_id BINARY(16) NOT NULL,
    sequence    BIGINT NOT NULL,
    reviewer    VARCHAR(255) NOT NULL,
    time_ns     BIGINT NOT NULL,
    verdict     VARCHAR(16) NOT NULL,
    note        TEXT,
    seat        BINARY(16),     -- the recorder that sent it; NULL for one that a reviewer wrote here
    PRIMARY KEY (recorder_id, sequence, reviewer)
)""",
    """
CREATE TABLE IF NOT EXISTS sealing_keys (
    place    TINYINT NOT NULL PRIMARY KEY,  -- one row: all that is here is encrypted with one key, or nothing
    key_id   VARBINARY(8) NOT NULL,         -- empty: nothing
    since_ns BIGINT NOT NULL
)""",
)

# What reviewers' seats ask for: from a difference to the changes that made it, and whether anybody has reviewed.
_SEATS = (
    "CREATE INDEX change_differences_digest ON change_differences (difference_digest)",
    "CREATE INDEX reviews_time ON reviews (time_ns)",
    "CREATE INDEX changes_previous_path ON changes (previous_path(255))",
)

# What retention thinned out of the recorders' own records, chained as there. A content that was sent before stays here.
_PRUNES = (
    """
CREATE TABLE IF NOT EXISTS prunes (
    recorder_id BINARY(16) NOT NULL,
    prune       BIGINT NOT NULL,
    run         BIGINT NOT NULL,
    time_ns     BIGINT NOT NULL,
    sequence    BIGINT NOT NULL,
    rules       TEXT NOT NULL,
    chain_hash  BINARY(32) NOT NULL,
    PRIMARY KEY (recorder_id, prune)
)""",
    """
CREATE TABLE IF NOT EXISTS thinned (
    digest      BINARY(32) NOT NULL,
    recorder_id BINARY(16) NOT NULL,
    prune       BIGINT NOT NULL,
    size        BIGINT NOT NULL,
    PRIMARY KEY (digest, recorder_id, prune)
)""",
)

_PROCESSES = ("ALTER TABLE changes ADD COLUMN process_info TEXT",)

# What would have to be counted or looked through: how often a file changed, what is of a rare kind, what has a text.
_SOUGHT = (
    "ALTER TABLE files ADD COLUMN changes BIGINT",  # NULL: the file was sent before that, and they are to be counted
    "CREATE INDEX changes_kind ON changes (kind, time_ns)",
    """
CREATE TABLE IF NOT EXISTS line_blocks (
    recorder_id BINARY(16) NOT NULL,
    bucket      SMALLINT NOT NULL,  -- of trigrams, as `store.line_blocks` has them; -1 is there for every block
    block       BIGINT NOT NULL,    -- number of the first change in it, less one, by `line_blocks.CHANGES`
    changes     BLOB NOT NULL,      -- one bit for each change that has such a trigram in its lines, deflated
    PRIMARY KEY (recorder_id, bucket, block)
)""",
)

STEPS: tuple[tuple[str, ...], ...] = (_FIRST, _SEATS, _PRUNES, _PROCESSES, _SOUGHT)
TABLES = tuple(
    statement.split()[5]
    for step in STEPS
    for statement in step
    if statement.split()[:2] == ["CREATE", "TABLE"]
)
"""All that the steps make; `schema_steps` counts those."""
_COUNTER = f"""
CREATE TABLE IF NOT EXISTS schema_steps (
    step       INT NOT NULL PRIMARY KEY,
    applied_ns BIGINT NOT NULL,
    program    VARCHAR(64) NOT NULL
) {_TABLE}"""
FIRST_VERSION = (
    "SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE()"
    " AND table_name IN ('backup_paths', 'differences') AND column_name = 'id'"
)
HOLDS_FIRST_VERSION = (
    "it holds the first version's tables: name another database for the team;"
    " `fcm-tui database import-legacy` brings the old one in"
)
_LOCK = "SELECT GET_LOCK(CONCAT(LEFT(DATABASE(), 40), '.fcm-tui schema'), 10)"
_UNLOCK = "SELECT RELEASE_LOCK(CONCAT(LEFT(DATABASE(), 40), '.fcm-tui schema'))"
_ATTEMPTS = 12
_STEP_SECONDS = 6 * 3600.0
"""For which a statement of a step is waited for: of a hundred million changes an index takes a while."""
_NO_TABLE, _DUPLICATE = 1146, 1062
_TAKEN = frozenset((1060, 1061))
"""What a step adds is there: a column, an index."""


async def steps_of(connection: Connection) -> int:
    """How many steps the database has had.

    Raises:
        ServerRefused: a newer fcm-tui was here.
    """
    try:
        rows = await connection.rows("SELECT MAX(step) FROM schema_steps")
    except Exception as error:
        if code_of(error) == _NO_TABLE:
            return 0
        if is_denied(error):
            raise ServerRefused(
                f"this account may not read there: an administrator's `fcm-tui database grants` tells how ({error.args[1]})"
            ) from None
        raise
    found = rows[0][0] or 0
    if found > len(STEPS):
        raise ServerRefused(
            f"the team's database was written by a newer fcm-tui (schema {found}, this program knows {len(STEPS)}):"
            " upgrade fcm-tui"
        )
    return int(found)


async def why_none(connection: Connection) -> str:
    """What to say where a database has had no step."""
    if await connection.rows(FIRST_VERSION):
        return HOLDS_FIRST_VERSION
    return "there are no tables yet: `fcm-tui database init` makes them"


async def make_database(connection: Connection, name: str) -> None:
    """Make the database where there is none. Who may not make one may find it there already.

    Raises:
        ServerRefused: its name cannot be.
    """
    if "\0" in name or len(name) > 64:
        raise ServerRefused("the name of a database has at most 64 characters")
    quoted = name.replace("`", "``")
    try:
        await connection.run(
            f"CREATE DATABASE IF NOT EXISTS `{quoted}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
        )
    except Exception as error:
        if not is_denied(error):
            raise


async def upgrade(connection: Connection) -> tuple[int, int]:
    """Bring the database to the newest step, alone; which step it had before, and has now.

    Raises:
        ServerRefused: a newer fcm-tui was here, or this account may not.
    """
    found = await steps_of(connection)
    if found == len(STEPS):
        return found, found
    if not found and await connection.rows(FIRST_VERSION):
        raise ServerRefused(HOLDS_FIRST_VERSION)
    await _lock(connection)
    try:
        await connection.run(_COUNTER)
        found = await steps_of(connection)
        for number in range(found, len(STEPS)):
            for statement in STEPS[number]:
                await _take(connection, statement)
            await _note(connection, number + 1)
        return found, len(STEPS)
    except Exception as error:
        if is_denied(error):
            raise ServerRefused(
                f"the team's database lacks its tables, or some of them, and this account may not make them:"
                f" run `fcm-tui database {'upgrade' if found else 'init'}` with one that may"
            ) from None
        raise
    finally:
        await _unlock(connection)


async def _take(connection: Connection, statement: str) -> None:
    """A statement of a step, which may have been taken by somebody whose connection then broke."""
    try:
        with connection.patience(_STEP_SECONDS):
            await connection.run(_with_options(statement))
    except Exception as error:
        if code_of(error) not in _TAKEN:
            raise


async def _lock(connection: Connection) -> None:
    for _ in range(_ATTEMPTS):
        if (await connection.rows(_LOCK))[0][0] == 1:
            return
    raise ServerRefused(
        "another fcm-tui has been changing the team's database for minutes: end it, or wait for it"
    )


async def _unlock(connection: Connection) -> None:
    # The lock goes with the connection too, which whoever gets an error here is about to close.
    try:
        async with asyncio.timeout(5):
            await connection.rows(_UNLOCK)
    except Exception:
        connection.close()


async def _note(connection: Connection, step: int) -> None:
    """On a cluster the lock holds on one node only: then another may have noted it."""
    try:
        await connection.run(
            b"INSERT INTO schema_steps VALUES (%d, %d, %b)" % (step, time.time_ns(), literal(__version__))
        )
    except Exception as error:
        if code_of(error) != _DUPLICATE:
            raise


def _with_options(statement: str) -> str:
    return f"{statement} {_TABLE}" if statement.lstrip().startswith("CREATE TABLE") else statement
