#include "worker/app/adopt/adopt_organization.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "worker/app/exit_code.hpp"
#include "workflows/workos/requests.hpp"

namespace rolecall {
namespace {

bool stops_everybody(const Failure& failure) {
  return failure.code == kAdoptInterrupted || exit_code::of(failure) != exit_code::not_so;
}

// One organization under way.
class Adopting {
 public:
  Adopting(const AdoptPorts& ports, AdoptWish wish, AdoptOrganization organization)
      : ports_(ports), wish_(wish), organization_(std::move(organization)) {
    result_.id = organization_.id;
  }

  Task<Result<AdoptedOrganization>> run() {
    if (wish_.apply) {
      auto begun = ports_.store.begin(organization_.id, wish_.run);
      if (!begun) co_return begun.error();
      attempt_ = *std::move(begun);
      if (attempt_.number == 0) co_return done_meanwhile();
    }
    const auto made = co_await adopt();
    if (made) co_return std::move(result_);
    if (stops_everybody(made.error())) co_return made.error();
    co_return leave("failed", made.error().code + ": " + made.error().detail);
  }

 private:
  Task<Result<void>> adopt() {
    const auto linked = co_await link();
    if (!linked) co_return linked.error();
    if (!*linked) co_return Result<void>{};
    if (const auto users = co_await link_users(); !users) co_return users.error();
    if (const auto listed = co_await read_listing(); !listed) co_return listed.error();
    if (const auto rest = read_rest(); !rest) co_return rest.error();
    result_.state = "planned";
    if (!wish_.apply) co_return Result<void>{};
    const auto finish = ports_.store.finish(attempt_, organization_.workos);
    if (!finish) co_return finish.error();
    result_.state = "done";
    result_.held = finish->held;
    if (const auto moved = finish->outcomes.find("moved"); moved != finish->outcomes.end())
      result_.moved = moved->second;
    co_return Result<void>{};
  }

  AdoptedOrganization done_meanwhile() {
    result_.state = "done";
    result_.detail = "another process adopted it meanwhile";
    return std::move(result_);
  }

  Result<AdoptedOrganization> leave(const std::string& reason, const std::string& detail) {
    result_.state = "left";
    result_.link = result_.link.empty() ? reason : result_.link;
    result_.detail = detail;
    if (wish_.apply) {
      const auto left = ports_.store.leave(attempt_, reason, detail);
      if (!left) return left.error();
    }
    return std::move(result_);
  }

  Task<Result<HttpResponse>> ask(HttpRequest request) {
    ++result_.calls;
    return ports_.ask(std::move(request));
  }

  Task<Result<std::optional<workos::Tenant>>> ask_tenant(HttpRequest request) {
    const auto answer = co_await ask(std::move(request));
    if (!answer) co_return answer.error();
    co_return workos::tenant_found(*answer);
  }

  // False: it was left.
  Task<Result<bool>> link() {
    OrganizationMatch match{.id = organization_.id, .linked = organization_.workos};
    const std::string& by_id = match.linked.empty() ? match.id : match.linked;
    if (!match.linked.empty() || match.id.starts_with("org_")) {
      auto found = co_await ask_tenant(workos::get_organization(by_id));
      if (!found) co_return found.error();
      match.by_id = *std::move(found);
    }
    if (match.linked.empty()) {
      auto found = co_await ask_tenant(workos::get_organization_by_external_id(match.id));
      if (!found) co_return found.error();
      match.by_external_id = *std::move(found);
    }
    TenantHolder held;
    if (const auto tenant = tenant_of(match)) {
      const auto holder = ports_.store.holder(match.id, *tenant);
      if (!holder) co_return holder.error();
      held = *holder;
    }
    const Link link = link_organization(match, held);
    result_.link = name_of(link.end);
    if (link.end != LinkEnd::linked && link.end != LinkEnd::link) {
      const auto left = leave(result_.link, link.detail);
      if (!left) co_return left.error();
      result_ = *left;
      co_return false;
    }
    organization_.workos = result_.workos = link.id;
    co_return true;
  }

  void find(AdoptFinding finding) {
    if (result_.findings.size() < AdoptedOrganization::kMostFindings)
      result_.findings.push_back(std::move(finding));
    else
      ++result_.findings_left_out;
  }

  // WorkOS is asked who else has the address, and whom the person's id names.
  Task<Result<Link>> look_for_address(const UserMatch& match) {
    AddressLook look;
    const auto same = co_await ask(workos::find_users(match.theirs.email));
    if (!same) co_return same.error();
    auto page = workos::users_in(*same);
    if (!page) co_return page.error();
    look.same_address = std::move(page->users);
    const auto named = co_await ask(workos::get_user_by_external_id(match.same_address.front().id));
    if (!named) co_return named.error();
    auto user = workos::user_found(*named);
    if (!user) co_return user.error();
    look.named = *std::move(user);
    co_return link_by_address(match, look);
  }

  Task<Result<void>> link_page(std::vector<UserMatch> matches) {
    std::map<std::string, std::string> links;
    for (const UserMatch& match : matches) {
      Link link = link_user(match);
      if (link.end == LinkEnd::ask) {
        auto looked = co_await look_for_address(match);
        if (!looked) co_return looked.error();
        link = *std::move(looked);
      }
      ++result_.users[std::string(name_of(link.end))];
      if (link.end == LinkEnd::link) links[match.theirs.id] = link.id;
      if (link.end == LinkEnd::linked || link.end == LinkEnd::stranger) continue;
      find({.family = "user",
            .name = match.theirs.id,
            .end = std::string(name_of(link.end)),
            .why = link.by.empty() ? link.detail : "by " + link.by,
            .here = link.id.empty() ? std::nullopt : std::optional(link.id),
            .there = match.theirs.email});
    }
    if (!wish_.apply || links.empty()) co_return Result<void>{};
    co_return ports_.store.stage(attempt_, links);
  }

  Task<Result<void>> link_users() {
    std::optional<std::string> after;
    do {
      const auto answer = co_await ask(workos::list_users(organization_.workos, after));
      if (!answer) co_return answer.error();
      auto page = workos::users_in(*answer);
      if (!page) co_return page.error();
      after = std::move(page->after);
      auto matches = ports_.store.users(std::move(page->users));
      if (!matches) co_return matches.error();
      const auto linked = co_await link_page(*std::move(matches));
      if (!linked) co_return linked.error();
    } while (after);
    co_return Result<void>{};
  }

  // Environment roles that members hold and nobody here knows.
  Result<void> stage_roles(const std::vector<AdoptThing>& things) {
    std::vector<EnvironmentRole> roles;
    for (const AdoptThing& thing : things)
      for (const std::string& slug : thing.unknown)
        if (auto role = environment_roles_.extract(slug)) roles.push_back(std::move(role.mapped()));
    if (!wish_.apply || roles.empty()) return {};
    return ports_.store.stage(attempt_, roles);
  }

  Result<void> settle(std::vector<AdoptThing> things) {
    if (const auto staged = stage_roles(things); !staged) return staged;
    std::vector<AdoptStaged> decided;
    for (AdoptThing& thing : things) {
      auto ruling = rule(thing, wish_.policy);
      if (!ruling) return ruling.error();
      const bool plain = ruling->end == AdoptEnd::agreed || ruling->end == AdoptEnd::versioned;
      ++result_.things[std::string(name_of(ruling->end))];
      if (!plain)
        find({.family = thing.read.family,
              .name = thing.read.name,
              .end = std::string(name_of(ruling->end)),
              .why = ruling->why,
              .here = thing.here,
              .there = thing.read.shown.value});
      if (!thing.versioned) decided.push_back({std::move(thing), *std::move(ruling)});
    }
    if (!wish_.apply || decided.empty()) return {};
    return ports_.store.stage(attempt_, decided);
  }

  Task<Result<void>> read_listing() {
    const auto listing = ports_.workflows.list(organization_.workos);
    Call wanted = listing->start();
    while (true) {
      const auto begun_at = ports_.store.now();
      if (!begun_at) co_return begun_at.error();
      const auto answer = co_await ask(std::move(wanted.request));
      if (!answer) co_return answer.error();
      auto page = listing->resume(answer);
      if (!page) co_return page.error();
      for (EnvironmentRole& role : page->environment_roles) {
        std::string slug = role.slug;
        environment_roles_.insert_or_assign(std::move(slug), std::move(role));
      }
      for (ListedThing& thing : page->things) {
        thing.begun_at = *begun_at;
        shown_.insert(hash_of(thing));
      }
      result_.compared += static_cast<int>(page->things.size());
      auto things = ports_.store.compare(organization_, std::move(page->things));
      if (!things) co_return things.error();
      if (const auto settled = settle(*std::move(things)); !settled) co_return settled.error();
      ports_.progress(result_.compared);
      if (page->end) co_return Result<void>{};
      wanted = listing->next();
    }
  }

  // What is here and was not in the listing.
  Result<void> read_rest() {
    const auto begun_at = ports_.store.now();
    if (!begun_at) return begun_at.error();
    std::string after;
    do {
      auto rest = ports_.store.rest(organization_, after);
      if (!rest) return rest.error();
      after = std::move(rest->last);
      std::erase_if(rest->things,
                    [&](const AdoptThing& thing) { return shown_.contains(hash_of(thing.read)); });
      for (AdoptThing& thing : rest->things) thing.read.begun_at = *begun_at;
      result_.compared += static_cast<int>(rest->things.size());
      if (const auto settled = settle(std::move(rest->things)); !settled) return settled;
    } while (!after.empty());
    return {};
  }

  // Eight bytes for each, so that a hundred thousand members stay small.
  static std::size_t hash_of(const ListedThing& thing) {
    return std::hash<std::string>{}(thing.family + ":" + thing.name);
  }

  const AdoptPorts& ports_;
  AdoptWish wish_;
  AdoptOrganization organization_;
  AdoptAttempt attempt_{};
  AdoptedOrganization result_{};
  std::map<std::string, EnvironmentRole> environment_roles_{};
  std::unordered_set<std::size_t> shown_{};
};

int count_of(const std::map<std::string, int>& counts, std::string_view name) {
  const auto found = counts.find(std::string(name));
  return found == counts.end() ? 0 : found->second;
}

int all_of(const std::map<std::string, int>& counts) {
  int all = 0;
  for (const auto& [name, n] : counts) all += n;
  return all;
}

}  // namespace

Task<Result<AdoptedOrganization>> adopt_organization(const AdoptPorts& ports, AdoptWish wish,
                                                     AdoptOrganization organization) {
  Adopting adopting(ports, wish, std::move(organization));
  co_return co_await adopting.run();
}

bool needs_a_person(const AdoptedOrganization& one) {
  const int plain = count_of(one.users, name_of(LinkEnd::linked)) +
                    count_of(one.users, name_of(LinkEnd::link)) +
                    count_of(one.users, name_of(LinkEnd::stranger));
  return one.state == "left" || one.moved > 0 || one.held > 0 || plain < all_of(one.users) ||
         count_of(one.things, name_of(AdoptEnd::drifted)) > 0;
}

bool is_in_agreement(const AdoptedOrganization& one) {
  return !needs_a_person(one) && one.link == name_of(LinkEnd::linked) &&
         count_of(one.users, name_of(LinkEnd::link)) == 0 &&
         count_of(one.things, name_of(AdoptEnd::versioned)) == all_of(one.things);
}

}  // namespace rolecall
