"""Backup and restore of one copy: records first, then the engine, so that the engine is never the older of the two.

What the engine knows and the records do not is written again from its histories after a restore (`api.backup.fence`).
"""
