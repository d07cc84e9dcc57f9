# The image of the code location: for the Helm chart (deploy/helm-values.yaml) and for Dagster+ (build.yaml).
FROM python:3.11-slim

WORKDIR /opt/dagster/app
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY synth_assets synth_assets
RUN pip install --no-cache-dir --constraint constraints.txt ".[postgres,mysql,kubernetes]"

# The project: what it reads, never a key or a database.
COPY plans plans
COPY resources resources
COPY catalogs catalogs
COPY expectations expectations
ENV GX_ANALYTICS_ENABLED=false
