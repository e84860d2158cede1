"""People act, processes are killed, and what people were told is held against the records and the engine (T17).

`python -m tests.faults.soak --seed N --minutes M`, or `make soak`.
"""
