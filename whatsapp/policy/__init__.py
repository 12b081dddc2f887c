"""Pure decisions about messages: facts and the time in, an answer with all its reasons out."""
