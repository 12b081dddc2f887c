"""One file a figure. `make bench` starts the servers and gives the environment to each."""

import django

django.setup()
