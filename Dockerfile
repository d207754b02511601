# Built with TLS to PostgreSQL (OpenSSL inside libpq); runs as an ordinary user.
FROM rust:1.95-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends libssl-dev pkg-config && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --release --locked --features pg-tls

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl libssl3 && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home /var/lib/jieyou --create-home jieyou
COPY --from=build /src/target/release/jieyou /usr/local/bin/jieyou
USER jieyou
WORKDIR /var/lib/jieyou
ENV JIEYOU_BIND=0.0.0.0:8080 JIEYOU_METRICS_BIND=0.0.0.0:9180 JIEYOU_DATA_DIR=/var/lib/jieyou/data JIEYOU_LOG_FORMAT=json
EXPOSE 8080 9180
VOLUME /var/lib/jieyou/data
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD curl -fsS http://127.0.0.1:8080/readyz || exit 1
ENTRYPOINT ["jieyou"]
CMD ["serve"]
