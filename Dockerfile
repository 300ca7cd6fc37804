FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /var/lib/wireroom wireroom
COPY --from=build /src/target/release/wireroom /usr/local/bin/wireroom
COPY config /etc/wireroom
USER wireroom
ENTRYPOINT ["wireroom"]
CMD ["run"]
