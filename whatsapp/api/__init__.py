"""The REST API: what the pages do, for programs. Same gates, same rules, same actions."""
