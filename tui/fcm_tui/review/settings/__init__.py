"""The settings: `fcm.toml` as fields, checked while one types, shown as TOML before it is written."""
