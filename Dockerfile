# One image for API, worker and the one-off jobs; the engine and the databases run in containers of their own.
ARG PYTHON_IMAGE=python:3.11.14-slim-bookworm
FROM ${PYTHON_IMAGE} AS build
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

FROM ${PYTHON_IMAGE}
RUN useradd --system --create-home --home-dir /var/lib/greenlane --uid 10001 greenlane
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 GREENLANE_HOME=/var/lib/greenlane GREENLANE_HTTP_HOST=0.0.0.0
USER 10001
WORKDIR /var/lib/greenlane
EXPOSE 8000
CMD ["greenlane", "api"]
