# The command, in a container:
#   docker build -t qlax .                                        on the CPU
#   docker build --build-arg ACCELERATOR=cuda -t qlax:cuda .      on NVIDIA GPUs
#   docker run --rm -v "$PWD:/runs" qlax train MountainCar-v0
# EXTRAS adds worlds: --build-arg EXTRAS=atari,minatar
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:${PYTHON}-slim
ARG ACCELERATOR=cpu
ARG EXTRAS=
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# hadolint ignore=DL3013
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    case "$ACCELERATOR" in \
        cpu) extras="$EXTRAS" ;; \
        cuda) extras="cuda${EXTRAS:+,$EXTRAS}" ;; \
        *) echo "ACCELERATOR is $ACCELERATOR, but must be cpu or cuda." >&2; exit 2 ;; \
    esac; \
    wheel="$(echo /wheels/qlax-*.whl)"; \
    pip install --no-cache-dir "${wheel}${extras:+[$extras]}"; \
    useradd --create-home --uid 1000 qlax; \
    install --directory --owner=1000 /runs
USER 1000
WORKDIR /runs
ENTRYPOINT ["qlax"]
CMD ["--help"]
