# Others' headers, parsed once: without that a file spends half its time on them
# (docs/decisions/0005-precompiled-headers.md). `./dev check` builds without, so that each file names what it uses.

option(ROLECALL_PRECOMPILE "precompiled headers" ON)

function(rolecall_add_precompiled name)
  cmake_parse_arguments(ARG "" "" "HEADERS;OPTIONS;DEPENDS" ${ARGN})
  add_library(${name} OBJECT ${CMAKE_SOURCE_DIR}/cmake/precompiled.cpp)
  target_precompile_headers(${name} PRIVATE
    <algorithm> <array> <chrono> <deque> <functional> <map> <memory> <optional> <ostream> <set> <string> <string_view>
    <utility> <variant> <vector>
    <boost/asio/any_io_executor.hpp> <boost/asio/as_tuple.hpp> <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp>
    <boost/asio/detached.hpp> <boost/asio/io_context.hpp> <boost/asio/ip/tcp.hpp> <boost/asio/post.hpp>
    <boost/asio/steady_timer.hpp> <boost/asio/use_awaitable.hpp> <boost/json.hpp> <fmt/format.h> ${ARG_HEADERS})
  target_link_libraries(${name} PRIVATE rolecall_asio Boost::json fmt::fmt ${ARG_DEPENDS})
  # The time is left out, so that ccache knows the header again.
  target_compile_options(${name} PRIVATE "SHELL:-Xclang -fno-pch-timestamp" ${ARG_OPTIONS})
endfunction()

if(ROLECALL_PRECOMPILE AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  rolecall_add_precompiled(rolecall_precompiled)
  rolecall_add_precompiled(rolecall_precompiled_for_tests
    HEADERS <gmock/gmock.h> <gtest/gtest.h> OPTIONS -O0 DEPENDS GTest::gtest GTest::gmock)
endif()

# rolecall_precompile(TARGET [FROM other]): others' headers for the target's files; FROM one that has them.
function(rolecall_precompile target)
  cmake_parse_arguments(ARG "" "FROM" "" ${ARGN})
  if(NOT ARG_FROM)
    set(ARG_FROM rolecall_precompiled)
  endif()
  if(TARGET ${ARG_FROM})
    target_precompile_headers(${target} REUSE_FROM ${ARG_FROM})
    target_link_libraries(${target} PRIVATE rolecall_asio Boost::json)  # what those headers name
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
endfunction()
