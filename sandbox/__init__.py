"""A stand-in, on this machine, for Meta's Graph API and for candidates' phones."""
