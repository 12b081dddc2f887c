"""Factories of test rows, one module for each application."""
