"""What is not recorded, and whose content is not copied, unless the configuration says otherwise.

Patterns in gitignore syntax, applied to paths relative to a root; a later pattern overrides an
earlier one.
"""

from __future__ import annotations

IGNORED = (
    # version control
    ".git",
    ".hg",
    ".svn",
    ".jj",
    ".bzr",
    ".pijul",
    "_darcs",
    "CVS",
    # caches
    "__pycache__",
    "*.py[co]",
    ".cache",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".import_linter_cache",
    ".hypothesis",
    ".ipynb_checkpoints",
    ".tox",
    ".nox",
    ".gradle",
    ".parcel-cache",
    ".sass-cache",
    ".eslintcache",
    # virtual environments and installed packages
    ".venv",
    "venv",
    ".direnv",
    "node_modules",
    # editors' swap, lock and backup files
    "*.swp",
    "*.swo",
    "*.swx",
    ".*.sw?",
    "*~",
    "[#]*#",
    ".#*",
    "*.kate-swp",
    ".goutputstream-*",
    "~$*",
    ".~lock.*#",
    # what the desktops leave in folders
    ".DS_Store",
    "Thumbs.db",
    "desktop.ini",
)

DETECTORS = (
    "private-key", "aws", "github", "gitlab", "slack", "google", "stripe", "ai", "registry", "service", "jwt",
)  # fmt: skip
"""Names of the detectors (`capture.detectors`) that look for secrets in what files hold."""

SECRET = (
    # environment files, but not the examples that projects share
    ".env",
    ".env.*",
    "!.env.example",
    "!.env.sample",
    "!.env.template",
    # private keys and key stores
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.jks",
    "*.keystore",
    "*.kdbx",
    "*.ppk",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    "!*.pub",
    # credential stores
    ".netrc",
    "_netrc",
    ".pgpass",
    ".my.cnf",
    ".git-credentials",
    ".htpasswd",
    ".pypirc",
    ".npmrc",
    "**/.aws/credentials",
    "**/.docker/config.json",
    "**/.kube/config",
    "**/.gnupg/private-keys-v1.d",
    "/shadow*",
    "/gshadow*",
    "/etc/shadow*",
    "/etc/gshadow*",
)
