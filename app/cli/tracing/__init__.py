"""A diagram's run in memory: `shelf` holds the files, `world` lets cases move, `plan` says what comes from outside."""
