# Two stages: build with the toolchain of rust-toolchain.toml, run as a user without rights.
# Run it with host network: ten thousand RTP ports do not go through a bridge. Callers who are recording when it is
# stopped may finish for 30 s ([server] drain), so give it a minute.
#   docker build -t um .
#   docker run --network host --stop-timeout 60 -v um-data:/var/lib/um um
# Settings: add -v ./um.toml:/etc/um/um.toml:ro -e UM_CONFIG=/etc/um/um.toml; the data folder stays /var/lib/um.
# The command line: docker exec CONTAINER um status
FROM rust:1.95-bookworm AS build
WORKDIR /source
COPY . .
RUN scripts/build-dist.sh /out

FROM debian:bookworm-slim
RUN useradd --system --home-dir /var/lib/um --create-home um && chmod 0700 /var/lib/um
COPY --from=build /out/um /usr/local/bin/um
USER um
# For the server, the health check and `docker exec` alike.
ENV UM_DATA_DIR=/var/lib/um
VOLUME /var/lib/um
STOPSIGNAL SIGTERM
# 2 while nobody answers; the first start makes an RSA key.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["um", "status"]
ENTRYPOINT ["um"]
CMD ["serve"]
