"""Django with a database and one view, and nothing else: no application, no middleware."""

from config.settings import test as product

DEBUG = False
SECRET_KEY = product.SECRET_KEY
ALLOWED_HOSTS = product.ALLOWED_HOSTS
DATABASES = product.DATABASES
USE_TZ = True
TIME_ZONE = "UTC"
ROOT_URLCONF = "bench._bare"
MIDDLEWARE: list[str] = []
INSTALLED_APPS: list[str] = []
