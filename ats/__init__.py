"""The host: companies, people, candidates and jobs. It knows nothing of the modules built on it."""
