"""Retention 留存: what would go, deleting it in small pieces, holds 冻结, erasing a person."""
