// What happens in a run: the application's changes, the trouble, the operators.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "tests/sim/document.hpp"
#include "tests/sim/world_plan.hpp"

namespace rolecall::sim {
namespace {

template <class T>
const T& one_of(const std::vector<T>& all, emulator::Chance& chance) {
  return all[chance.below(all.size())];
}

}  // namespace

void World::schedule_mutations() {
  for (int n = 0; n < plan_->mutations; ++n) {
    // Some come in bursts, most apart.
    const auto when = chaos_.happens(0.3) ? plan_->mutations_until / 2
                                          : chaos_.span(Millis{0}, Millis{1'000}) *
                                                (plan_->mutations_until / Millis{1'000});
    at(when + chaos_.span(Millis{0}, Millis{50}), [this] { mutate(); });
  }
}

// A mutation that makes no sense just now gives way to another.
void World::mutate() {
  auto& chance = chaos_.chance();
  for (int tries = 0; tries < 20; ++tries) {
    const auto& organization = one_of(plan_->organizations, chance);
    const bool made = chaos_.happens(0.35)
                          ? mutate_role(organization, one_of(plan_->slugs, chance))
                          : mutate_member(organization, one_of(plan_->users, chance));
    if (made) return;
  }
}

// Was the role given to somebody at WorkOS, and nobody here knows yet? Its removal would not end:
// whoever is seen with it keeps it.
bool World::is_held_unknown(const std::string& organization, const std::string& slug) {
  for (const auto* member : workos_->state().memberships.of_organization(organization)) {
    const auto known = application_->members().find({organization, member->user_id});
    const bool held = std::ranges::find(member->roles, slug) != member->roles.end();
    if (held && outsiders_->wrote_to("member:" + organization + ":" + member->user_id) &&
        (known == application_->members().end() || !known->second.contains(slug)))
      return true;
  }
  return false;
}

bool World::mutate_role(const std::string& organization, const std::string& slug) {
  auto& chance = chaos_.chance();
  switch (chance.below(8)) {
    case 0:
    case 1:
    case 2:
      return application_->create_role(organization, slug,
                                       fmt::format("Role {}", chance.below(100)));
    case 3:
    case 4:
      return application_->update_role(
          organization, slug, fmt::format("Role {}", chance.below(100)),
          chaos_.happens(0.5) ? std::nullopt : std::optional<std::string>{"about it"});
    case 5: {
      std::vector<std::string> permissions;
      for (const auto* p : {"a:read", "a:write", "b:read"})
        if (chaos_.happens(0.5)) permissions.emplace_back(p);
      return application_->set_permissions(organization, slug, std::move(permissions));
    }
    default:
      return !is_held_unknown(organization, slug) && application_->delete_role(organization, slug);
  }
}

std::set<std::string> World::some_roles(const std::string& organization) {
  std::set<std::string> roles;
  for (const auto& slug : plan_->slugs)
    if (application_->knows_slug(organization, slug) && chaos_.happens(0.5)) roles.insert(slug);
  if (chaos_.happens(0.3)) roles.insert("admin");
  if (roles.empty() || chaos_.happens(0.2)) roles.insert("member");
  return roles;
}

bool World::mutate_member(const std::string& organization, const std::string& user) {
  switch (chaos_.chance().below(8)) {
    case 0:
    case 1:
    case 2:
      return application_->add_member(organization, user, some_roles(organization));
    case 3:
      return application_->remove_member(organization, user);
    default:
      return application_->set_member_roles(organization, user, some_roles(organization));
  }
}

void World::schedule_trouble() {
  const auto some_time = [this] {
    return chaos_.span(Millis{0}, std::chrono::duration_cast<Millis>(plan_->trouble_until));
  };
  for (int n = 0; n < plan_->worker_troubles; ++n) at(some_time(), [this] { trouble_a_worker(); });
  for (int n = 0; n < plan_->store_troubles; ++n) at(some_time(), [this] { trouble_the_store(); });
  for (int n = 0; n < plan_->operations; ++n) at(some_time(), [this] { operate(); });
}

void World::trouble_a_worker() {
  if (!chaos_.on) return;
  auto& process = *workers_[chaos_.chance().below(workers_.size())];
  if (process.dead()) return;
  switch (chaos_.chance().below(5)) {
    case 0:
      return crash(process, Crash::any_time);
    case 1:
      return drain(process);
    case 2:
      return freeze(process, Crash::freeze, chaos_.span(Millis{100}, Millis{9'000}));
    case 3:
      return step_clock(process, chaos_.span(Millis{100}, Millis{600'000}));
    default:
      chaos_.count(StoreFault::cut_off);
      note(fmt::format("process {} is cut off from the database", process.number()));
      process.cut_off(later(Millis{500}, Millis{8'000}), chaos_.happens(0.5));
  }
}

const Subject* World::some_subject() {
  const auto& subjects = database_->tables().subjects;
  if (subjects.empty()) return nullptr;
  const auto at_random = static_cast<std::ptrdiff_t>(chaos_.chance().below(subjects.size()));
  return &std::next(subjects.begin(), at_random)->first;
}

// Transactions of others, open for a while.
void World::trouble_the_store() {
  const auto* subject = some_subject();
  if (!chaos_.on || !subject) return;
  if (chaos_.happens(0.5)) {
    chaos_.count(StoreFault::lane_locked);
    database_->lock_lane(*subject);
    at(later(Millis{5}, Millis{1'500}), [this, s = *subject] { database_->unlock_lane(s); });
  } else {
    chaos_.count(StoreFault::subject_locked);
    database_->lock_subject(*subject);
    at(later(Millis{5}, Millis{1'500}), [this, s = *subject] { database_->unlock_subject(s); });
  }
}

void World::operate() {
  const auto* subject = some_subject();
  if (!chaos_.on || !subject) return;
  const auto action = static_cast<Operator>(chaos_.chance().below(kOperators));
  chaos_.count(action);
  note(fmt::format("operator: {} {}", name_of(action), subject->text()));
  switch (action) {
    case Operator::retry:
      database_->retry(*subject);
      break;
    case Operator::hold:
      database_->hold(*subject);
      at(later(Millis{200}, Millis{4'000}), [this, s = *subject] { database_->release(s); });
      break;
    case Operator::pause:
      database_->pause_provider();
      at(later(Millis{200}, Millis{3'000}), [this] { database_->resume_provider(); });
      break;
    case Operator::look:
      database_->request_look(*subject);
  }
}

}  // namespace rolecall::sim
