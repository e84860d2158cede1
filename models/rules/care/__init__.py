"""Care 关怀 as rules: when the days of a year fall, what a tier is promised on them, what a change makes of a plan."""
