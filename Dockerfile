# Two stages: build with the toolchain of rust-toolchain.toml, run as a user without rights.
# Run it with host network: ten thousand RTP ports do not go through a bridge.
#   docker build -t um .
#   docker run --network host -v um-data:/var/lib/um um
FROM rust:1.95-bookworm AS build
WORKDIR /source
COPY . .
RUN scripts/build-dist.sh /out

FROM debian:bookworm-slim
RUN useradd --system --home-dir /var/lib/um --create-home um
COPY --from=build /out/um /usr/local/bin/um
USER um
VOLUME /var/lib/um
HEALTHCHECK --interval=30s --timeout=5s CMD ["um", "status"]
ENTRYPOINT ["um"]
CMD ["serve", "--data-dir", "/var/lib/um"]
