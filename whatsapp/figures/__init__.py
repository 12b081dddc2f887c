"""Meta's changeable numbers: dated data files, each entry with its source, and their loader."""

from whatsapp.figures.errors import ErrorEntry, error_entry
from whatsapp.figures.loader import Figures, FiguresError, at
from whatsapp.figures.optout import OptOutWords, optout_words

__all__ = [
    "ErrorEntry",
    "Figures",
    "FiguresError",
    "OptOutWords",
    "at",
    "error_entry",
    "optout_words",
]
