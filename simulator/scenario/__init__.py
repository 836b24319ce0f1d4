"""What may be said: a frozen Scenario, its numbers, conditions and dates, and every rule it must keep."""
