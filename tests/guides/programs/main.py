"""The command line that tests/guides gives every language's module; main.ts tells what it takes."""
import os
import sys

import psycopg

import roles

KINDS = {
    roles.Invalid: "invalid",
    roles.Exists: "exists",
    roles.NotFound: "not found",
    roles.Forbidden: "forbidden",
    roles.NotNow: "not now",
}

# What the connection still says of who acts.
SAID = (
    "select concat(current_setting('app.user_id'), current_setting('app.reason'),"
    " current_setting('app.org_id'))"
)


def answer(conn, command, organization, subject, *rest):
    def actor(reason):
        return roles.Actor("user-42", reason, organization)

    if command == "seat":
        roles.give_seat(conn, actor("bought a seat"), subject, list(rest))
        return "given" + conn.execute(SAID).fetchone()[0]
    if command == "role":
        return roles.create_role(conn, actor("a new team"), subject, rest[0])
    if command == "login":
        claims = {"sub": subject, "iat": int(rest[0]), "roles": list(rest[1:])}
        return roles.observe_login(conn, organization, claims) or "skipped"
    raise ValueError(f"no command {command}")


with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as conn:
    try:
        print(answer(conn, *sys.argv[1:]))
    except roles.Refused as refused:
        print(f"{KINDS[type(refused)]}: {refused}")
        sys.exit(1)
    except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected) as conflict:
        print(conflict)
        sys.exit(3)
    except psycopg.Error as error:
        print(error)
        sys.exit(2)
