"""The tables, in numbered steps that are applied in order, each in a transaction of its own.

Names and keys are those that MySQL will share; the columns of `files` from `digest` on are this
recorder's memory of the disk and stay local. `user_version` counts the steps applied;
`application_id` tells our files from others'.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from fcm_tui.errors import StoreError
from fcm_tui.store import row_hashes

APPLICATION_ID = 0x46434D54  # "FCMT"

_FIRST = """
CREATE TABLE recorders (
    recorder_id   BLOB NOT NULL PRIMARY KEY,  -- 16 random bytes, one per data directory
    host          TEXT NOT NULL,
    user          TEXT NOT NULL,
    platform      TEXT NOT NULL,
    version       TEXT NOT NULL,
    first_seen_ns INTEGER NOT NULL,
    last_seen_ns  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE roots (
    root_id      BLOB NOT NULL PRIMARY KEY,   -- 16 bytes, time-ordered
    recorder_id  BLOB NOT NULL,
    path         BLOB NOT NULL,
    active       INTEGER NOT NULL,            -- watched by the latest run
    baseline_ns  INTEGER,                     -- when the baseline stood; NULL while it is being taken
    device       INTEGER                      -- st_dev last seen, to tell an unmounted root from an emptied one
) WITHOUT ROWID;
CREATE UNIQUE INDEX roots_path ON roots (recorder_id, path);

CREATE TABLE files (
    file_id       BLOB NOT NULL PRIMARY KEY,  -- 16 bytes, time-ordered
    root_id       BLOB NOT NULL,
    path          BLOB NOT NULL,              -- absolute; where it is now, or was last
    present       INTEGER NOT NULL,
    first_seen_ns INTEGER NOT NULL,
    digest        BLOB,
    capture       TEXT NOT NULL,
    size          INTEGER NOT NULL,
    mode          INTEGER NOT NULL,           -- st_mode
    mtime_ns      INTEGER NOT NULL,
    inode         INTEGER NOT NULL,
    uid           INTEGER NOT NULL,
    gid           INTEGER NOT NULL,
    stamp         BLOB NOT NULL               -- watch.stamp: what a scan compares
);
CREATE INDEX files_root ON files (root_id, path);
CREATE INDEX files_inode ON files (inode) WHERE present;

CREATE TABLE changes (
    recorder_id     BLOB NOT NULL,
    sequence        INTEGER NOT NULL,
    time_ns         INTEGER NOT NULL,
    root_id         BLOB NOT NULL,
    file_id         BLOB NOT NULL,
    path            BLOB NOT NULL,
    previous_path   BLOB,
    kind            TEXT NOT NULL,
    before_digest   BLOB,
    after_digest    BLOB,
    size            INTEGER,                  -- after; for a deletion NULL
    mode            INTEGER,                  -- st_mode after; for a deletion NULL
    mtime_ns        INTEGER,
    previous_size   INTEGER,
    previous_mode   INTEGER,
    previous_mtime_ns INTEGER,
    owner           TEXT,
    process         TEXT,
    capture         TEXT NOT NULL,
    origin          TEXT NOT NULL,
    group_sequence  INTEGER,
    inserted        INTEGER,
    updated         INTEGER,
    deleted         INTEGER,
    encoding        TEXT,
    newline         TEXT,
    chain_hash      BLOB NOT NULL,
    PRIMARY KEY (recorder_id, sequence)
) WITHOUT ROWID;
CREATE INDEX changes_time ON changes (time_ns);
CREATE INDEX changes_path ON changes (path, sequence);
CREATE INDEX changes_file ON changes (file_id, sequence);

CREATE TABLE backup_paths (
    recorder_id   BLOB NOT NULL,
    file_id       BLOB NOT NULL,
    digest        BLOB NOT NULL,
    original_file BLOB NOT NULL,
    backup_file   TEXT NOT NULL,              -- sha256:HEX, which `cat` and `restore` resolve
    time_ns       INTEGER NOT NULL,
    size          INTEGER NOT NULL,
    PRIMARY KEY (recorder_id, file_id, digest)
) WITHOUT ROWID;

CREATE TABLE contents (
    digest      BLOB NOT NULL,
    chunk       INTEGER NOT NULL,
    codec       TEXT NOT NULL,                -- r raw, z zstd, s, d and e deltas, c list of digests; x before it: sealed
    base_digest BLOB,                         -- of a delta: the content that it changes
    data        BLOB NOT NULL,                -- at most 1 MiB
    PRIMARY KEY (digest, chunk)
);

CREATE TABLE differences (
    digest         BLOB NOT NULL PRIMARY KEY, -- of (operation, lines)
    operation      TEXT NOT NULL,
    affected_lines TEXT NOT NULL,             -- after the change; for a Delete, before it
    replaced_lines TEXT                       -- for an Update, what stood there before
);

CREATE TABLE change_differences (
    recorder_id       BLOB NOT NULL,
    sequence          INTEGER NOT NULL,
    ordinal           INTEGER NOT NULL,
    difference_digest BLOB NOT NULL,
    old_start         INTEGER NOT NULL,
    old_count         INTEGER NOT NULL,
    new_start         INTEGER NOT NULL,
    new_count         INTEGER NOT NULL,
    PRIMARY KEY (recorder_id, sequence, ordinal)
) WITHOUT ROWID;

CREATE TABLE gaps (
    recorder_id   BLOB NOT NULL,
    gap           INTEGER NOT NULL,
    root_id       BLOB,
    from_ns       INTEGER NOT NULL,
    to_ns         INTEGER,
    reason        TEXT NOT NULL,
    changes_found INTEGER,
    PRIMARY KEY (recorder_id, gap)
) WITHOUT ROWID;

CREATE TABLE reviews (
    recorder_id BLOB NOT NULL,
    sequence    INTEGER NOT NULL,
    reviewer    TEXT NOT NULL,
    time_ns     INTEGER NOT NULL,
    verdict     TEXT NOT NULL,
    note        TEXT,
    PRIMARY KEY (recorder_id, sequence, reviewer)
) WITHOUT ROWID;
"""

# Rows in the order of their coming, and an index beside them: with the rows themselves in the order of
# the key a change to each of 1,000 files wrote 1,000 pages of 16 KiB, one per file.
_SECOND = """
ALTER TABLE backup_paths RENAME TO backup_paths_by_key;
CREATE TABLE backup_paths (
    recorder_id   BLOB NOT NULL,
    file_id       BLOB NOT NULL,
    digest        BLOB NOT NULL,
    original_file BLOB NOT NULL,
    backup_file   TEXT NOT NULL,              -- sha256:HEX, which `cat` and `restore` resolve
    time_ns       INTEGER NOT NULL,
    size          INTEGER NOT NULL,
    PRIMARY KEY (recorder_id, file_id, digest)
);
INSERT INTO backup_paths SELECT * FROM backup_paths_by_key;
DROP TABLE backup_paths_by_key;
"""

# Hashes of rows that the chain does not cover (`row_hashes`); `upgrade` fills them in.
_THIRD = """
ALTER TABLE recorders ADD COLUMN row_hash BLOB;
ALTER TABLE roots ADD COLUMN row_hash BLOB;
ALTER TABLE gaps ADD COLUMN row_hash BLOB;
"""

_FOURTH = """
CREATE TABLE sealing_keys (
    key_id   BLOB NOT NULL PRIMARY KEY,       -- of the key that contents and differences are encrypted with
    since_ns INTEGER NOT NULL
) WITHOUT ROWID;
"""

# Which contents retention thinned out, and by which prune; a prune is chained to those before it, as changes are.
_PRUNES = """
CREATE TABLE {temp} prunes (
    recorder_id BLOB NOT NULL,
    prune       INTEGER NOT NULL,             -- counts 1, 2, 3…: one for each transaction
    run         INTEGER NOT NULL,             -- the first prune of those that carried out one plan
    time_ns     INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,             -- the newest change then
    rules       TEXT NOT NULL,                -- what was configured, as JSON
    chain_hash  BLOB NOT NULL,
    PRIMARY KEY (recorder_id, prune)
) WITHOUT ROWID;

CREATE TABLE {temp} thinned (
    digest      BLOB NOT NULL,                -- of a version whose content went
    recorder_id BLOB NOT NULL,
    prune       INTEGER NOT NULL,
    size        INTEGER NOT NULL,             -- bytes of the version
    PRIMARY KEY (digest, recorder_id, prune)
) WITHOUT ROWID;
"""
# What status and the screen count is counted as it comes, in rows that are written anyway: with ten million changes
# counting takes seconds.
_FIFTH = f"""{_PRUNES.replace("{temp} ", "")}
ALTER TABLE recorders ADD COLUMN versions INTEGER NOT NULL DEFAULT 0; -- rows of backup_paths
ALTER TABLE roots ADD COLUMN changes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE files ADD COLUMN changes INTEGER NOT NULL DEFAULT 0;
UPDATE recorders SET versions = (SELECT count(*) FROM backup_paths b WHERE b.recorder_id = recorders.recorder_id);
UPDATE files SET changes = (SELECT count(*) FROM changes c WHERE c.file_id = files.file_id);
UPDATE roots SET changes = (SELECT count(*) FROM changes c WHERE c.root_id = roots.root_id);
ALTER TABLE backup_paths ADD COLUMN seen_ns INTEGER; -- when the file had this content last, if more than once
CREATE INDEX contents_lists ON contents (digest, chunk) WHERE codec = 'c';
"""

# Extended attributes: the digest of the set, which is a content; empty for none. NULL: nothing was recorded of them, as
# before this step. The indexes are for retention, which must not let such a content go.
_SIXTH = """
ALTER TABLE changes ADD COLUMN attributes BLOB;
ALTER TABLE changes ADD COLUMN previous_attributes BLOB;
ALTER TABLE files ADD COLUMN attributes BLOB;
CREATE INDEX changes_attributes ON changes (attributes) WHERE attributes > X'';
CREATE INDEX changes_previous_attributes ON changes (previous_attributes) WHERE previous_attributes > X'';
CREATE INDEX files_attributes ON files (attributes) WHERE attributes > X'';
"""

# Who made a change, in more words than `process`: JSON, as `who.words` has it.
_SEVENTH = """
ALTER TABLE changes ADD COLUMN process_info TEXT;
"""

STEPS = (_FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH, _SIXTH, _SEVENTH)
WITH_ROW_HASHES = 3
"""The step from which on small tables carry hashes."""
WITH_COUNTS = 5
"""The step from which on what is told of a record is counted as it comes."""
WITH_ATTRIBUTES = 6
"""The step from which on extended attributes are recorded."""
WITH_PROCESSES = 7
"""The step from which on it is recorded who made a change."""


def upgrade(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the database at `path`, which is empty or ours, to the newest step.

    Raises:
        StoreError: the file is another program's, or a newer fcm-tui wrote it.
    """
    found = check(connection, path)
    for number in range(found, len(STEPS)):
        connection.executescript(
            f"BEGIN IMMEDIATE;{STEPS[number]};PRAGMA user_version={number + 1};"
            f"PRAGMA application_id={APPLICATION_ID};"
        )
        if number + 1 == WITH_ROW_HASHES:
            for table in row_hashes.COLUMNS:
                row_hashes.renew(connection, table)
        connection.execute("COMMIT")


_COUNTED = """
CREATE TEMP VIEW recorders AS SELECT r.*,
    (SELECT count(*) FROM backup_paths b WHERE b.recorder_id = r.recorder_id) AS versions FROM main.recorders r;
CREATE TEMP VIEW roots AS SELECT r.*,
    (SELECT count(*) FROM main.changes c WHERE c.root_id = r.root_id) AS changes FROM main.roots r;
"""
_FILES_COUNTED = """
SELECT f.*, (SELECT count(*) FROM main.changes c WHERE c.file_id = f.file_id) AS changes FROM main.files f"""
_WITHOUT_ATTRIBUTES = """
CREATE TEMP VIEW files AS SELECT f.*, NULL AS attributes FROM ({files}) f;
"""
_CHANGES_WITHOUT = "CREATE TEMP VIEW changes AS SELECT c.*, {} FROM main.changes c"


def stand_in(connection: sqlite3.Connection, steps: int) -> None:
    """What a reader finds instead of the tables and columns of later steps, which its database lacks."""
    if steps < WITH_COUNTS:
        connection.executescript(_PRUNES.replace("TABLE {temp}", "TEMP TABLE") + _COUNTED)
    if steps < WITH_ATTRIBUTES:
        files = _FILES_COUNTED if steps < WITH_COUNTS else "SELECT * FROM main.files"
        connection.executescript(_WITHOUT_ATTRIBUTES.format(files=files))
    if steps < WITH_PROCESSES:
        lacking = ["NULL AS process_info"]
        if steps < WITH_ATTRIBUTES:
            lacking += ["NULL AS attributes", "NULL AS previous_attributes"]
        connection.execute(_CHANGES_WITHOUT.format(", ".join(lacking)))


def steps_of(connection: sqlite3.Connection) -> int:
    """How many steps a record's database has had."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check(connection: sqlite3.Connection, path: Path) -> int:
    """How many steps the database at `path` has had.

    Raises:
        StoreError: the file is another program's, or a newer fcm-tui wrote it.
        sqlite3.Error: it cannot be read.
    """
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    found = steps_of(connection)
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if tables and application != APPLICATION_ID:
        raise StoreError(f"{path}: the database belongs to another program: name another file or --data-dir")
    if found > len(STEPS):
        raise StoreError(
            f"{path}: the database was written by a newer fcm-tui (schema {found}, this program knows {len(STEPS)}):"
            " upgrade fcm-tui"
        )
    return found
