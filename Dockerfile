# One image for every process of the product; docker-compose.yml says which it is to be.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    DJANGO_SETTINGS_MODULE=config.settings.prod

RUN useradd --create-home --uid 10001 ats \
    && install --directory --owner ats --mode 700 /media
WORKDIR /app

COPY requirements.txt .
RUN pip install -r requirements.txt

COPY . .

# The settings want a whole environment; this one is made up here and ends with the step.
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(50))')" \
    WHATSAPP_TOKEN_KEYS="$(python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())')" \
    WHATSAPP_VERIFY_TOKEN=build FACEBOOK_APP_ID=1 FACEBOOK_APP_SECRET=build \
    ALLOWED_HOSTS=localhost PUBLIC_URL=https://localhost LIVE_URL=https://localhost \
    DATABASE_URL=postgresql://build@localhost/build REDIS_URL=redis://localhost/0 \
    python manage.py collectstatic --noinput

USER ats
EXPOSE 8000 8001
CMD ["gunicorn", "--config", "config/gunicorn.py", "config.wsgi"]
