# rolecall_library(NAME DIR... [DEPENDS target...]): a static library of the .cpp files in the given folders.
# rolecall_test(NAME DIR LABEL tier [DEPENDS target...]): a GoogleTest program of the .cpp files of one folder.
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
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${ARG_DEPENDS})
  endif()
endfunction()

# The test program takes its ctest label and fixture from its tier; "postgres" tiers get a running cluster.
function(rolecall_test name)
  cmake_parse_arguments(ARG "" "DIR;LABEL" "DEPENDS" ${ARGN})
  rolecall_sources(sources ${ARG_DIR})
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} GTest::gtest GTest::gmock GTest::gtest_main)
  target_compile_options(${name} PRIVATE -O0)  # they compile in half the time; what they test is as it was
  add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
  set_tests_properties(${name} PROPERTIES LABELS ${ARG_LABEL})
  set_tests_properties(${name} PROPERTIES ENVIRONMENT "ROLECALL_SOURCE_DIR=${CMAKE_SOURCE_DIR};ROLECALL_BIN_DIR=${CMAKE_BINARY_DIR}/bin")
endfunction()

# A short fuzz: what the pooler changes shows at once, and its minutes are spent without it.
function(rolecall_pooled_test name)
  add_test(NAME ${name}_pooled COMMAND ${name} --gtest_brief=1 ${ARGN})
  set_tests_properties(${name}_pooled PROPERTIES LABELS pooled ENVIRONMENT
    "ROLECALL_SOURCE_DIR=${CMAKE_SOURCE_DIR};ROLECALL_BIN_DIR=${CMAKE_BINARY_DIR}/bin;ROLECALL_TEST_POOLER=pgbouncer;ROLECALL_FUZZ_SECONDS=5"
    # Its report must not take the place of the other run's.
    ENVIRONMENT_MODIFICATION "GTEST_OUTPUT=string_append:${name}_pooled.xml")
endfunction()
