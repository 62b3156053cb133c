from tests.database.conftest import database, shared, template

__all__ = ["database", "shared", "template"]
