# Stands for the image postgres:15 where none can be pulled: the same variables, folders and user.
ARG BASE
FROM ${BASE}
RUN mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf && \
    apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql-15 && \
    rm -rf /var/lib/apt/lists/*
ENV PATH=/usr/lib/postgresql/15/bin:$PATH PGDATA=/var/lib/postgresql/data LANG=C.UTF-8
RUN install -d -m 1777 -o postgres -g postgres /var/lib/postgresql/data /var/run/postgresql
COPY --chmod=755 postgres-entrypoint /usr/local/bin/postgres-entrypoint
ENTRYPOINT ["postgres-entrypoint"]
CMD ["postgres"]
