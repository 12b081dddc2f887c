"""What is changed, as business sentences: one function, one transaction, one signal."""
