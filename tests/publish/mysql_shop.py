"""The small shop in MySQL; all else is as in MariaDB."""

from tests.publish.mariadb_shop import SHOPS, connected, own_databases, rows_of, shop_frames

__all__ = ["SHOP", "connected", "own_databases", "rows_of", "shop_frames"]

SHOP = SHOPS["mysql"]
