# One image for API, worker and the one-off jobs; the engine and the databases run in containers of their own.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
COPY requirements/runtime.txt requirements/runtime.txt
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY models models
COPY activities activities
COPY workflows workflows
COPY api api
COPY templates templates
RUN /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
RUN useradd --system --create-home --home-dir /var/lib/greenlane --uid 10001 greenlane
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 GREENLANE_HOME=/var/lib/greenlane GREENLANE_HTTP_HOST=0.0.0.0
USER greenlane
WORKDIR /var/lib/greenlane
EXPOSE 8000
CMD ["greenlane", "api"]
