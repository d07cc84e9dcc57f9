"""The demo: a shop's production database to refresh a staging database from."""
