"""Pages and fragments: gate, form, one action or selector, answer."""
