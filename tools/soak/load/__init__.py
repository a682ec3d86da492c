"""Many clients of many kinds at once, and every answer compared."""
