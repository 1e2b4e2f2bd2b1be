# rolecall_library(NAME DIR... [DEPENDS target...]): a static library of the .cpp files in the given folders.
# rolecall_test(NAME DIR LABEL tier [SHARDS n] [OPTIMISED] [DEPENDS target...]): a GoogleTest program of the .cpp files
#   of one folder; a long one is run as n processes, NAME_1 to NAME_n, with a share of the tests each. OPTIMISED where
#   its minutes are spent in templates: the linker takes a template's code from the first file that has it.
# rolecall_pooled_test(NAME): runs that program once more, its connections through pgbouncer, as NAME_pooled.

include(GoogleTest)

function(rolecall_sources out)
  set(found)
  foreach(dir IN LISTS ARGN)
    file(GLOB here CONFIGURE_DEPENDS ${dir}/*.cpp)
    list(APPEND found ${here})
  endforeach()
  set(${out} ${found} PARENT_SCOPE)
endfunction()

function(rolecall_library name)
  cmake_parse_arguments(ARG "" "" "DIRS;DEPENDS" ${ARGN})
  rolecall_sources(sources ${ARG_DIRS})
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC ${ARG_DEPENDS})
    rolecall_precompile(${name})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${ARG_DEPENDS})
  endif()
endfunction()

# One run of a test program. Where a program runs more than once, each run's report has a name of its own.
function(rolecall_add_run run program label)
  cmake_parse_arguments(ARG "" "" "ARGUMENTS;ENVIRONMENT" ${ARGN})
  add_test(NAME ${run} COMMAND ${program} --gtest_brief=1 ${ARG_ARGUMENTS})
  set_tests_properties(${run} PROPERTIES LABELS ${label} ENVIRONMENT
    "ROLECALL_SOURCE_DIR=${CMAKE_SOURCE_DIR};ROLECALL_BIN_DIR=${CMAKE_BINARY_DIR}/bin;${ARG_ENVIRONMENT}")
  if(NOT run STREQUAL program)
    set_tests_properties(${run} PROPERTIES ENVIRONMENT_MODIFICATION "GTEST_OUTPUT=string_append:${run}.xml")
  endif()
endfunction()

function(rolecall_test name)
  cmake_parse_arguments(ARG "OPTIMISED" "DIR;LABEL;SHARDS" "DEPENDS" ${ARGN})
  rolecall_sources(sources ${ARG_DIR})
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} GTest::gtest GTest::gmock GTest::gtest_main)
  if(ARG_OPTIMISED)
    rolecall_precompile(${name})
  else()
    target_compile_options(${name} PRIVATE -O0)  # they compile in half the time; what they test is as it was
    rolecall_precompile(${name} FROM rolecall_precompiled_for_tests)
  endif()
  if(NOT ARG_SHARDS)
    rolecall_add_run(${name} ${name} ${ARG_LABEL})
    return()
  endif()
  foreach(shard RANGE 1 ${ARG_SHARDS})
    math(EXPR index "${shard} - 1")
    rolecall_add_run(${name}_${shard} ${name} ${ARG_LABEL}
      ENVIRONMENT GTEST_TOTAL_SHARDS=${ARG_SHARDS} GTEST_SHARD_INDEX=${index})
  endforeach()
endfunction()

# A short fuzz: what the pooler changes shows at once, and its minutes are spent without it.
function(rolecall_pooled_test name)
  rolecall_add_run(${name}_pooled ${name} pooled ARGUMENTS ${ARGN}
    ENVIRONMENT ROLECALL_TEST_POOLER=pgbouncer ROLECALL_FUZZ_SECONDS=5)
endfunction()
