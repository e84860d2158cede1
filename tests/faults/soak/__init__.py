"""`python -m tests.faults.soak --seed N --minutes M`: people act, processes are killed, and what people were told is held
against decisions, tasks, histories and audit (reliability.md C, T17)."""
