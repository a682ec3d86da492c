# The command line alone; the served model has its own image, serving/deploy/Dockerfile.
#   docker build -t nst-tf .
#   docker run --rm -v "$PWD:/pictures" -u "$(id -u):$(id -g)" nst-tf stylize photo.jpg painting.jpg
ARG PYTHON_VERSION=3.12

FROM python:${PYTHON_VERSION}-slim AS build
WORKDIR /source
COPY . .
RUN python -m venv /opt/nst-tf && /opt/nst-tf/bin/pip install --no-cache-dir '.[heif,plot]'

FROM python:${PYTHON_VERSION}-slim
COPY --from=build /opt/nst-tf /opt/nst-tf
ENV PATH=/opt/nst-tf/bin:$PATH \
    NST_TF_CACHE=/cache \
    KERAS_HOME=/cache/keras \
    PYTHONDONTWRITEBYTECODE=1

# Any user may write the filters that are downloaded once; mount a volume at /cache to keep them.
RUN useradd --create-home --uid 1000 painter && install --directory --mode 1777 /cache /pictures
USER 1000
WORKDIR /pictures
ENTRYPOINT ["nst-tf"]
CMD ["--help"]
