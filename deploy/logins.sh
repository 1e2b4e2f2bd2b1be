#!/bin/bash
# Run once by the postgres image, when the database is made: the users that workers and the application log in as.
set -euo pipefail
psql -qX -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d "$POSTGRES_DB" <<'SQL'
\set worker `cat /run/secrets/worker_password`
\set application `cat /run/secrets/application_password`
create role rolecall_worker nologin;
create role rolecall_app nologin;
create role rolecall_operator nologin;
create role rolecall_login login password :'worker' in role rolecall_worker;
create role application login password :'application' in role rolecall_app;
alter role rolecall_login set statement_timeout = '5s';
SQL
