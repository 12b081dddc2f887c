"""Meta's Graph API as a plain library: no Django, nothing of this product's own data."""
