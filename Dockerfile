# Stages: packages (locked wheels), messages (compiled translations), then the image that runs.
FROM python:3.13-slim-trixie AS packages
ENV UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1 UV_NO_CACHE=1 UV_LINK_MODE=copy
WORKDIR /build
COPY requirements/tools.txt requirements/run.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r tools.txt \
    && uv venv /opt/suian \
    && uv pip sync --require-hashes --python /opt/suian/bin/python run.txt

FROM packages AS messages
COPY requirements/local.txt ./
RUN uv venv /opt/tools \
    && uv pip sync --require-hashes --python /opt/tools/bin/python local.txt
COPY locale ./locale
RUN /opt/tools/bin/pybabel compile -d locale -D django

FROM python:3.13-slim-trixie
ENV PATH=/opt/suian/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=crm.settings.production \
    STATIC_ROOT=/srv/suian/staticfiles
# The number, not the name, is what the owner of the secret files is compared with.
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin suian \
    && install -d -o suian -g suian -m 0700 /var/lib/suian /var/lib/suian/anchors /var/lib/suian/archives /var/lib/suian/erasures /var/lib/suian/exports /var/lib/suian/witness
WORKDIR /srv/suian
COPY --from=packages /opt/suian /opt/suian
COPY manage.py ./
COPY privacy ./privacy
COPY crm ./crm
COPY consult ./consult
COPY followup ./followup
COPY templates ./templates
COPY deploy/healthcheck.py ./deploy/
COPY --from=messages /build/locale ./locale
# collectstatic reads settings but connects to nothing; these values never leave this step.
RUN SECRET_KEY=build DATABASE_URL=postgres://build REDIS_URL=redis://build \
    python manage.py collectstatic --noinput -v0 \
    && python -m compileall -q privacy crm consult followup
USER 10001:10001
# A socket in a folder that the proxy shares: the pages listen on no network.
CMD ["gunicorn", "crm.wsgi", "--bind", "unix:/run/suian/web.sock", "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--worker-tmp-dir", "/dev/shm", "--timeout", "60", "--no-control-socket"]
