"""What `make run`, `make test` and `make lint` do on a machine with nothing but Python and make."""
