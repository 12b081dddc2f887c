"""Pages of the host: gate, form, one action or selector, answer."""
