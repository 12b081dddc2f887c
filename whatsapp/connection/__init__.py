"""A company's link to Meta: logging in, keeping the token, reading numbers and templates."""
