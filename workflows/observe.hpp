// observe.hpp -- the decision table: what one sighting makes of a subject. First fit wins.
// Owns:    nothing.
// Thread:  anywhere.
// Fails:   never.
// Never:   says anything to WorkOS; the level rule (level_rule.hpp) looks at what is left to do.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "workflows/picture.hpp"

namespace rolecall {

enum class Verdict {
  stale_incarnation,  // about a thing that is gone, or was replaced
  older_than_seen,    // overtaken by what is known; a read decides
  echo,               // our write, answered
  echo_differs,       // our write, answered with something else; a read decides
  echo_of_part,       // our write of the part that exists at WorkOS
  echo_in_doubt,      // our write that went in doubt: it was applied
  late_write,         // an older version of ours, applied after a newer one
  unchanged,
  absent_once,  // a read did not find it; a second one decides
  external_remove,
  overruled,  // an external change that loses to a local one
  merged,     // an external change and a local one that both stand
  external_join,
  adopted,
};
std::string_view name_of(Verdict verdict);

// Clocks of WorkOS and of the database may differ by so much.
inline constexpr Millis kClockSkew{5'000};

// Applies the first row that fits. A matched open send of `picture` changes its state.
Verdict observe(Picture& picture, const Sighting& sighting);

// `seen` := what the sighting shows, or this value at its time.
void see(Picture& picture, const Sighting& sighting);
void see(Picture& picture, const Sighting& sighting, State value);

// Is the sighting about a thing known to be gone, or one older than what is there?
bool is_dead(const Picture& picture, const Sighting& sighting);
bool is_replaced(const Picture& picture, const Sighting& sighting);

// A row: none if it does not fit, otherwise the picture is changed and this is why.
using Row = std::optional<Verdict> (*)(Picture&, const Sighting&);

std::optional<Verdict> row_stale_incarnation(Picture& picture, const Sighting& sighting);
std::optional<Verdict> row_older_than_seen(Picture& picture, const Sighting& sighting);
std::optional<Verdict> row_echo(Picture& picture, const Sighting& sighting);
std::optional<Verdict> row_own_write_in_doubt(Picture& picture, const Sighting& sighting);
std::optional<Verdict> row_unchanged(Picture& picture, const Sighting& sighting);
std::optional<Verdict> row_gone(Picture& picture, const Sighting& sighting);
std::optional<Verdict> row_join_against_removal(Picture& picture, const Sighting& sighting);
std::optional<Verdict> row_join_beside_add(Picture& picture, const Sighting& sighting);
std::optional<Verdict> row_external_join(Picture& picture, const Sighting& sighting);
std::optional<Verdict> row_external_edit(Picture& picture, const Sighting& sighting);

// In the order in which they are tried.
inline constexpr std::array<Row, 10> kRows{
    row_stale_incarnation,    row_older_than_seen, row_echo,
    row_own_write_in_doubt,   row_unchanged,       row_gone,
    row_join_against_removal, row_join_beside_add, row_external_join,
    row_external_edit};

}  // namespace rolecall
