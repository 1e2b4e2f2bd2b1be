# Builds that are made once (the sanitizers') compile a dozen files of a target as one: that saves two fifths of the time
# (docs/decisions/0005-precompiled-headers.md).
# rolecall_alone(FILE...): files of this folder whose names would clash with another's, and are compiled alone.

option(ROLECALL_TOGETHER "compile a dozen files of a target as one" OFF)
if(ROLECALL_TOGETHER)
  set(CMAKE_UNITY_BUILD ON)
  set(CMAKE_UNITY_BUILD_BATCH_SIZE 12)
endif()

function(rolecall_alone)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
