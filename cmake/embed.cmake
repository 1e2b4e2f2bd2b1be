# rolecall_embed(TARGET DIR GLOB... NAMESPACE ns): every matching file of DIR becomes an entry
# {name without ending, text} of the table `ns::files()`, in order of name, declared in <ns>.hpp.
function(rolecall_embed target)
  cmake_parse_arguments(ARG "" "DIR;NAMESPACE;GLOB" "" ${ARGN})
  file(GLOB inputs CONFIGURE_DEPENDS ${ARG_DIR}/${ARG_GLOB})
  list(SORT inputs)
  set(generated ${CMAKE_BINARY_DIR}/generated)
  set(source ${generated}/${ARG_NAMESPACE}.cpp)
  add_custom_command(OUTPUT ${source} ${generated}/${ARG_NAMESPACE}.hpp
    COMMAND ${CMAKE_COMMAND} -DOUT=${generated} -DNAMESPACE=${ARG_NAMESPACE} "-DINPUTS=${inputs}"
            -P ${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake
    DEPENDS ${inputs} ${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake VERBATIM)
  target_sources(${target} PRIVATE ${source})
  target_include_directories(${target} PUBLIC ${generated})
endfunction()
