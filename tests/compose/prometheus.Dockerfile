# Stands for the image prom/prometheus where none can be pulled.
ARG BASE
FROM ${BASE}
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends prometheus busybox && \
    ln -s /bin/busybox /usr/bin/wget && rm -rf /var/lib/apt/lists/* && install -d -o nobody -g nogroup /prometheus
VOLUME /prometheus
USER nobody
ENTRYPOINT ["/usr/bin/prometheus"]
