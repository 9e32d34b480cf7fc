"""What experiments cost and gain: many runs on a machine's workers, guided search, stopping early, large stores."""
