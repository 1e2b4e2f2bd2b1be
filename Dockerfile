# Images of Rolecall on Debian 12. Targets: rolecall (both programs, the one to run) and demo (what compose.yaml's profile
# demo adds: the traffic maker, and TLS before the emulator). Needs BuildKit.
#   BASE      what all stages begin with; any Debian 12
#   PACKAGE   where the programs come from: compile (here, in minutes), or given: build/image/package/rolecall_*.deb and
#             build/image/demo/rolecall-demo
ARG BASE=debian:12.11-slim
ARG PACKAGE=compile

FROM ${BASE} AS compile
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      clang-19 cmake ninja-build pkg-config git ca-certificates dpkg-dev file \
      libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libpqxx-dev libsimdjson-dev prometheus-cpp-dev libssl-dev \
      libcli11-dev libspdlog-dev libfmt-dev libgtest-dev libgmock-dev libbenchmark-dev
WORKDIR /src
COPY . .
RUN cmake --preset release && cmake --build build/release --target rolecall workos-emulator rolecall-demo && \
    cd build/release && cpack -G DEB && mkdir -p /out/package /out/demo && \
    mv package/rolecall_*.deb /out/package && mv bin/rolecall-demo /out/demo

FROM ${BASE} AS given
COPY build/image/ /out/

FROM ${PACKAGE} AS package

FROM ${BASE} AS rolecall
RUN --mount=type=bind,from=package,source=/out/package,target=/package \
    apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends /package/rolecall_*.deb && \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/apt /var/log/dpkg.log && \
    useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent rolecall
COPY --chmod=755 deploy/answers /usr/local/bin/answers
USER 10001:10001
ENV ROLECALL_LISTEN=0.0.0.0:9464 ROLECALL_LOG=json
EXPOSE 9464
ENTRYPOINT ["rolecall"]
CMD ["run"]

FROM rolecall AS demo
USER root
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends stunnel4 && \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/apt /var/log/dpkg.log
COPY --chmod=755 --from=package /out/demo/rolecall-demo /usr/local/bin/rolecall-demo
COPY deploy/stunnel.conf /etc/stunnel/emulator.conf
USER 10001:10001
ENTRYPOINT []
CMD ["rolecall-demo", "--help"]

# What `docker build .` makes.
FROM rolecall
