"""Quarterly summary 附件二: frozen from the facts, prepared, checked, published, and compared with them afterwards."""
