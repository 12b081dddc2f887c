"""Conversations: what comes in, what a recruiter does with them."""
