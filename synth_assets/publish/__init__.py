"""Publishing: judged rows into a target database, all tables or none."""
