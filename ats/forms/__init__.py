"""Forms of the host: what people type, checked beside the field and kept when refused."""
