"""Page-shaped reads: what a template shows, in few queries, with nothing left for it to decide."""
