"""Made-up conversations with everything that Meta sends, told in order or as badly as it may."""
