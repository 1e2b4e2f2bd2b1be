// The command line that tests/guides gives every language's module.
//
//   seat  <organization> <person> <role>...                 prints "given" and what is still set
//   role  <acting for> <organization> <name>                prints the new role's URN
//   login <organization> <member> <issued at> [<slug>...]   prints the answer
//
// Exit code 1: refused, printed as "kind: message"; 3: another transaction was quicker, to the end.
import pg from 'pg';
import { createRole, giveSeat, observeLogin, Refused } from './roles.js';

const [command = '', organization = '', subject = '', ...rest] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'] });

function actor(reason: string) {
  return { userId: 'user-42', reason, organizationId: organization };
}

// What the connection, which is the pool's only one, still says of who acts.
async function leftOver(): Promise<string> {
  const said = await pool.query<{ text: string }>(
    `select concat(current_setting('app.user_id'), current_setting('app.reason'),
                   current_setting('app.org_id')) as text`,
  );
  return said.rows[0]!.text;
}

async function answer(): Promise<string> {
  switch (command) {
    case 'seat':
      await giveSeat(pool, actor('bought a seat'), subject, rest);
      return `given${await leftOver()}`;
    case 'role':
      return createRole(pool, actor('a new team'), subject, rest[0] ?? '');
    case 'login':
      return observeLogin(pool, organization, {
        sub: subject,
        iat: Number(rest[0]),
        ...(rest.length > 1 ? { roles: rest.slice(1) } : {}),
      });
    default:
      throw new Error(`no command ${command}`);
  }
}

try {
  console.log(await answer());
} catch (error) {
  const code = error instanceof pg.DatabaseError ? error.code : undefined;
  console.log(error instanceof Refused ? `${error.kind}: ${error.message}` : String(error));
  process.exitCode = error instanceof Refused ? 1 : code === '40001' || code === '40P01' ? 3 : 2;
} finally {
  await pool.end();
}
