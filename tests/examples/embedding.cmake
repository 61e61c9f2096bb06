# Installs the device side to an empty folder, builds the embedding examples against nothing but that, and runs them.
# Given: BUILD (the project's build), EXAMPLES, WORK (a folder of its own), MAKE_PTE, and the generator and compilers, or
# where these make programs for another processor TOOLCHAIN and EMULATOR.

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGN}\nended with ${result}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
run(${CMAKE_COMMAND} --install ${BUILD} --component device --prefix ${WORK}/prefix)
run(${EMULATOR} ${MAKE_PTE} ${WORK}/sum.pte)
if(TOOLCHAIN)
  set(compilers -DCMAKE_TOOLCHAIN_FILE=${TOOLCHAIN} -DCMAKE_FIND_ROOT_PATH=${WORK}/prefix)
else()
  set(compilers -DCMAKE_C_COMPILER=${C_COMPILER} -DCMAKE_CXX_COMPILER=${CXX_COMPILER})
endif()
foreach(example embedding_c embedding_cpp)
  run(${CMAKE_COMMAND} -G ${GENERATOR} -S ${EXAMPLES}/${example} -B ${WORK}/${example} -DCMAKE_PREFIX_PATH=${WORK}/prefix
      -DCMAKE_BUILD_TYPE=Release ${compilers}
      -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER})
  run(${CMAKE_COMMAND} --build ${WORK}/${example})
  run(${EMULATOR} ${WORK}/${example}/${example} ${WORK}/sum.pte)
  if(NOT output STREQUAL "output 0: 2x3 2 2 2 2 2\n")
    message(FATAL_ERROR "${example} printed: ${output}")
  endif()
  execute_process(COMMAND ${EMULATOR} ${WORK}/${example}/${example} ${WORK}/missing.pte RESULT_VARIABLE result ERROR_VARIABLE output)
  if(NOT result EQUAL 1 OR NOT output MATCHES "^[^\n]*cannot open[^\n]*\n$")
    message(FATAL_ERROR "${example} on a missing file ended with ${result}: ${output}")
  endif()
endforeach()
