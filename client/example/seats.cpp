// seats -- gives a person a paid seat and the role that goes with it, or neither.
//
//   DATABASE_URL=... seats <organization> <person> <role>
//
// The seat is a row of a table of the application's own; the role is Rolecall's. Both are one
// transaction: where the role is refused, or the program dies, there is no seat either.
#include <cstdlib>
#include <iostream>
#include <rolecall/client.hpp>
#include <rolecall/transaction.hpp>

namespace {

void give_seat(pqxx::work& in, const std::string& organization, const std::string& person,
               const std::string& role) {
  in.exec_params("insert into seats (organization, person) values ($1, $2)", organization, person);
  rolecall::client::act_as(in, {"seats", "bought a seat", organization});
  rolecall::client::add_member(in, organization, person, {role});
}

}  // namespace

int main(int argc, char** argv) {
  const char* url = std::getenv("DATABASE_URL");
  if (argc != 4 || url == nullptr) {
    std::cerr << "usage: DATABASE_URL=... seats <organization> <person> <role>\n";
    return 2;
  }
  try {
    pqxx::connection connection(url);
    rolecall::client::in_transaction(
        connection, [&](pqxx::work& in) { give_seat(in, argv[1], argv[2], argv[3]); });
  } catch (const pqxx::sql_error& error) {
    std::cerr << "seats: " << error.sqlstate() << ": " << error.what();
    return 1;
  } catch (const pqxx::failure& error) {
    std::cerr << "seats: " << error.what();
    return 3;
  }
  std::cout << argv[2] << " has a seat in " << argv[1] << "\n";
}
