"""Deliveries of every kind that Meta documents, and ways to spoil them."""
