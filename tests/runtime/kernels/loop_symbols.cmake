# Every object of the loops (runtime/kernels/portable/loops) defines one name that others can see, its table: anything
# else might replace, or be replaced by, what another object has under that name, compiled for another processor.
#   cmake -DNM=nm -DLEVEL=avx2 "-DOBJECTS=a.o;b.o" -P loop_symbols.cmake
if(NOT OBJECTS)
  message(FATAL_ERROR "no objects")
endif()
foreach(object IN LISTS OBJECTS)
  execute_process(COMMAND ${NM} --defined-only --extern-only ${object} OUTPUT_VARIABLE found COMMAND_ERROR_IS_FATAL ANY)
  string(STRIP "${found}" found)
  if(NOT found MATCHES "^[0-9a-f]+ [DRS] [^\n]*portable[0-9]+${LEVEL}[^\n]*_loops[^\n]*$")
    message(SEND_ERROR "${object} defines more or other names than its table:\n${found}")
  endif()
endforeach()
