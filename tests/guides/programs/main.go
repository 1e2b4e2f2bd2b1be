// The command line that tests/guides gives every language's module; main.ts tells what it takes.
package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"strconv"
	"time"

	"github.com/jackc/pgconn"
	"github.com/jackc/pgx/v4/pgxpool"

	"example/roles"
)

// What the connection, which is the pool's only one, still says of who acts.
const said = `select concat(current_setting('app.user_id'), current_setting('app.reason'),
                    current_setting('app.org_id'))`

func answer(ctx context.Context, db roles.DB, arguments []string) (string, error) {
	command, organization, subject, rest := arguments[0], arguments[1], arguments[2], arguments[3:]
	actor := roles.Actor{UserID: "user-42", Reason: "bought a seat", OrganizationID: organization}
	switch command {
	case "seat":
		if err := roles.GiveSeat(ctx, db, actor, subject, rest); err != nil {
			return "", err
		}
		left := ""
		err := db.QueryRow(ctx, said).Scan(&left)
		return "given" + left, err
	case "role":
		actor.Reason = "a new team"
		return roles.CreateRole(ctx, db, actor, subject, rest[0])
	case "login":
		at, err := strconv.ParseInt(rest[0], 10, 64)
		if err != nil {
			return "", err
		}
		claims := roles.Claims{Subject: subject, Roles: rest[1:], IssuedAt: time.Unix(at, 0)}
		answered, err := roles.ObserveLogin(ctx, db, organization, claims)
		if answered == "" {
			answered = "skipped"
		}
		return answered, err
	}
	return "", fmt.Errorf("no command %s", command)
}

func exitCode(err error) int {
	var refused *roles.Refused
	var cause *pgconn.PgError
	switch {
	case errors.As(err, &refused) && errors.Is(err, refused.Kind):
		return 1
	case errors.As(err, &cause) && (cause.Code == "40001" || cause.Code == "40P01"):
		return 3
	}
	return 2
}

func main() {
	rand.Seed(time.Now().UnixNano())
	ctx := context.Background()
	pool, err := pgxpool.Connect(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		fmt.Println(err)
		os.Exit(2)
	}
	printed, err := answer(ctx, pool, os.Args[1:])
	pool.Close()
	if err != nil {
		fmt.Println(err)
		os.Exit(exitCode(err))
	}
	fmt.Println(printed)
}
