"""Inquiries and complaints beside their acts: reading what people said, and counting how they were kept."""
