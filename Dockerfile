# idhooks with git, for CI jobs and servers that run containers:
#   docker build --tag idhooks .
#   docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD:/repository" idhooks check
# It is built from source, so that any clone can make it and no published file is needed.
FROM rust:1.95-bookworm AS build
WORKDIR /source
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
COPY . .
RUN cargo build --locked --profile dist --config .cargo/static.toml --target "$(rustc -vV | sed -n 's/^host: //p')" \
  && mv target/*/dist/idhooks /usr/local/bin/idhooks

FROM debian:bookworm-slim
# Any git of this Debian is new enough.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates git openssh-client \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --create-home --uid 1000 idhooks
COPY --from=build /usr/local/bin/idhooks /usr/local/bin/idhooks
COPY packaging/archive/git-idhooks /usr/local/bin/git-idhooks
COPY LICENSE-APACHE LICENSE-MIT /usr/share/doc/idhooks/
USER 1000
WORKDIR /repository
ENTRYPOINT ["idhooks"]
CMD ["--help"]
