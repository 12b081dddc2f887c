"""One module per place the project runs in: `dev`, `test`, `prod`; `base` is what they share."""
