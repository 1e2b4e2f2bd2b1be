# Run by rolecall_embed at build time: writes NAMESPACE.hpp and NAMESPACE.cpp into OUT.
file(WRITE ${OUT}/${NAMESPACE}.hpp "#pragma once
#include <span>
#include <string_view>
namespace rolecall::${NAMESPACE} {
struct File {
  std::string_view name;  // without folder and ending
  std::string_view text;
};
std::span<const File> files();
}  // namespace rolecall::${NAMESPACE}
")
set(entries "")
foreach(input IN LISTS INPUTS)
  get_filename_component(name ${input} NAME_WLE)
  file(READ ${input} text)
  # A string literal may not exceed 64 KiB by the standard's advice; files are cut into pieces.
  string(LENGTH "${text}" length)
  set(literal "")
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${text}" ${at} 8000 piece)
    string(APPEND literal "\n    R\"~embed~(${piece})~embed~\"")
    math(EXPR at "${at}+8000")
  endwhile()
  if(literal STREQUAL "")
    set(literal "\"\"")
  endif()
  string(APPEND entries "    {\"${name}\",${literal}},\n")
endforeach()
file(WRITE ${OUT}/${NAMESPACE}.cpp "#include \"${NAMESPACE}.hpp\"
#include <vector>
namespace rolecall::${NAMESPACE} {
std::span<const File> files() {
  static const std::vector<File> all{
${entries}  };
  return all;
}
}  // namespace rolecall::${NAMESPACE}
")
