// seats -- gives a person a paid seat and the roles that go with it, or neither.
//
//   DATABASE_URL=... seats seat  <organization> <person> <role>...
//                    seats role  <acting for> <organization> <name>
//                    seats login <organization> <member> <issued at> [<slug>...]
//
// The seat is a row of a table of the application's own; the roles are Rolecall's. Both are one
// transaction: where the roles are refused, or the program dies, there is no seat either.
// Exit code 1: refused; 3: another transaction was quicker, to the end; 2: anything else.
#include <cstdlib>
#include <iostream>
#include <map>
#include <rolecall/client.hpp>
#include <rolecall/logins.hpp>
#include <rolecall/transaction.hpp>
#include <stdexcept>
#include <string>

namespace {

namespace client = rolecall::client;
using Texts = client::Texts;

// What a function of Rolecall answered. The transaction is rolled back; trying again is no use.
struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

const std::map<std::string, std::string> kRefusals{
    {"22023", "invalid"},    // correct what was asked for
    {"23505", "exists"},     // take another name, or the role that is there
    {"P0002", "not found"},  // make the person, the organization or the role known first
    {"42501", "forbidden"},  // a mistake of the program's: app.org_id is another organization
    {"55000", "not now"},    // link the organization or the person; the last admin stays
};

// Around Rolecall's calls only, so that a 23505 of the application's own tables stays its own.
template <class Call>
auto asked(Call call) {
  try {
    return call();
  } catch (const pqxx::insufficient_privilege& error) {  // libpqxx 6 gives it no sqlstate()
    throw Refused(kRefusals.at("42501") + ": " + error.what());
  } catch (const pqxx::sql_error& error) {
    const auto refusal = kRefusals.find(error.sqlstate());
    if (refusal == kRefusals.end()) throw;
    throw Refused(refusal->second + ": " + error.what());
  }
}

// A seat, and these as the whole set of the person's roles; or neither.
void give_seat(pqxx::connection& connection, const client::Actor& actor, const std::string& person,
               const Texts& roles) {
  client::in_transaction(connection, [&](pqxx::work& in) {
    client::act_as(in, actor);
    in.exec_params("insert into seats (organization, person) values ($1, $2)",
                   actor.organization_id, person);
    asked([&] { client::set_member_roles(in, actor.organization_id, person, roles); });
  });
}

// A new role of the organization; answers its URN, which names it from now on.
std::string create_role(pqxx::connection& connection, const client::Actor& actor,
                        const std::string& organization, const std::string& name) {
  std::string urn;
  client::in_transaction(connection, [&](pqxx::work& in) {
    client::act_as(in, actor);
    urn = asked([&] { return client::create_role(in, organization, name); });
  });
  return urn;
}

// At each login and refresh, with what a verified token says. A login does not depend on it: log
// what it throws, and let the person in.
std::string observe_login(pqxx::connection& connection, const std::string& organization,
                          const std::string& member, const Texts& slugs, std::int64_t issued_at_s) {
  if (slugs.empty()) return "skipped";
  std::string answer;
  client::in_transaction(connection, [&](pqxx::work& in) {
    answer = asked(
        [&] { return client::observe_member_roles(in, organization, member, slugs, issued_at_s); });
  });
  return answer;
}

std::string answer(pqxx::connection& connection, const Texts& words) {
  const std::string &command = words.at(0), &organization = words.at(1), &subject = words.at(2);
  const Texts rest(words.begin() + 3, words.end());
  if (command == "seat") {
    give_seat(connection, {"user-42", "bought a seat", organization}, subject, rest);
    return "given";
  }
  if (command == "role")
    return create_role(connection, {"user-42", "a new team", organization}, subject, rest.at(0));
  if (command == "login")
    return observe_login(connection, organization, subject, Texts(rest.begin() + 1, rest.end()),
                         std::stoll(rest.at(0)));
  throw std::invalid_argument("no command " + command);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    pqxx::connection connection(std::getenv("DATABASE_URL"));
    std::cout << answer(connection, Texts(argv + 1, argv + argc)) << "\n";
    return 0;
  } catch (const Refused& refused) {
    std::cout << refused.what() << "\n";
    return 1;
  } catch (const pqxx::serialization_failure& conflict) {
    std::cout << conflict.what() << "\n";
    return 3;
  } catch (const pqxx::deadlock_detected& conflict) {
    std::cout << conflict.what() << "\n";
    return 3;
  } catch (const std::exception& error) {
    std::cout << error.what() << "\n";
    return 2;
  }
}
