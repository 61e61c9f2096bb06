# FlatBuffers from source, where the system has none. When cross-compiling, INGOT_FLATC must name a flatc of the host.
FetchContent_Declare(flatbuffers
  GIT_REPOSITORY https://github.com/google/flatbuffers.git
  GIT_TAG v23.5.26)
set(FLATBUFFERS_BUILD_TESTS OFF CACHE INTERNAL "")
set(FLATBUFFERS_INSTALL OFF CACHE INTERNAL "")
FetchContent_MakeAvailable(flatbuffers)
set(INGOT_FLATBUFFERS_INCLUDE ${flatbuffers_SOURCE_DIR}/include)
if(NOT INGOT_FLATC)
  if(CMAKE_CROSSCOMPILING)
    message(FATAL_ERROR "INGOT_FLATC: cross-compiling needs a flatc that runs on this machine")
  endif()
  set(INGOT_FLATC $<TARGET_FILE:flatc>)
endif()
