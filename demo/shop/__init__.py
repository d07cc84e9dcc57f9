"""The demo's shop: a seeded production database, `python -m demo.shop demo/production.db`."""
