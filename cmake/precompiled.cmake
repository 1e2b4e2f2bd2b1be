# Others' headers, parsed once for all test programs; in the presets that optimise nothing, for everything.
# Without it a test file spends half its time on them (docs/decisions/0005-precompiled-headers.md).
# The release preset compiles what users run without, so that a missing #include is an error there.

option(ROLECALL_PRECOMPILE_ALL "precompiled headers for the libraries too; they must be at -O0" OFF)

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_library(rolecall_precompiled OBJECT ${CMAKE_SOURCE_DIR}/cmake/precompiled.cpp)
  target_precompile_headers(rolecall_precompiled PRIVATE
    <algorithm> <array> <chrono> <deque> <functional> <map> <memory> <optional> <ostream> <set> <string> <string_view>
    <utility> <variant> <vector>
    <boost/asio/any_io_executor.hpp> <boost/asio/as_tuple.hpp> <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp>
    <boost/asio/detached.hpp> <boost/asio/io_context.hpp> <boost/asio/ip/tcp.hpp> <boost/asio/post.hpp>
    <boost/asio/steady_timer.hpp> <boost/asio/use_awaitable.hpp> <boost/json.hpp>
    <fmt/format.h> <gmock/gmock.h> <gtest/gtest.h>)
  target_link_libraries(rolecall_precompiled PRIVATE rolecall_asio Boost::json fmt::fmt GTest::gtest GTest::gmock)
  # The time is left out, so that ccache knows the header again.
  target_compile_options(rolecall_precompiled PRIVATE -O0 "SHELL:-Xclang -fno-pch-timestamp")
endif()

function(rolecall_precompile target)
  if(TARGET rolecall_precompiled)
    target_precompile_headers(${target} REUSE_FROM rolecall_precompiled)
    target_link_libraries(${target} PRIVATE rolecall_asio)  # what those headers name
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
endfunction()

function(rolecall_precompile_library target)
  if(ROLECALL_PRECOMPILE_ALL)
    rolecall_precompile(${target})
  endif()
endfunction()
