# XNNPACK of 2024-11-08 and the libraries that it pins, from source, where the system has none. The three must be there
# before XNNPACK's own CMake looks for them, else it downloads its own.
FetchContent_Declare(fxdiv
  GIT_REPOSITORY https://github.com/Maratyszcza/FXdiv.git
  GIT_TAG b408327ac2a15ec3e43352421954f5b1967701d1)
FetchContent_Declare(cpuinfo
  GIT_REPOSITORY https://github.com/pytorch/cpuinfo.git
  GIT_TAG dff2616ddd49122b63abcf44d2c097483b77f861)
FetchContent_Declare(pthreadpool
  GIT_REPOSITORY https://github.com/google/pthreadpool.git
  GIT_TAG 4fe0e1e183925bf8cfa6aae24237e724a96479b8)
FetchContent_Declare(xnnpack
  GIT_REPOSITORY https://github.com/google/XNNPACK.git
  GIT_TAG 4ea82e595b36106653175dcb04b2aa532660d0d8)
foreach(option FXDIV_BUILD_TESTS FXDIV_BUILD_BENCHMARKS CPUINFO_BUILD_TOOLS CPUINFO_BUILD_UNIT_TESTS
               CPUINFO_BUILD_MOCK_TESTS CPUINFO_BUILD_BENCHMARKS CPUINFO_BUILD_PKG_CONFIG PTHREADPOOL_BUILD_TESTS
               PTHREADPOOL_BUILD_BENCHMARKS XNNPACK_BUILD_TESTS XNNPACK_BUILD_BENCHMARKS
               XNNPACK_BUILD_ALL_MICROKERNELS)
  set(${option} OFF CACHE INTERNAL "")
endforeach()
set(XNNPACK_LIBRARY_TYPE static CACHE INTERNAL "")
FetchContent_MakeAvailable(fxdiv)
set(FXDIV_SOURCE_DIR ${fxdiv_SOURCE_DIR} CACHE INTERNAL "")
FetchContent_MakeAvailable(cpuinfo)
set(CPUINFO_SOURCE_DIR ${cpuinfo_SOURCE_DIR} CACHE INTERNAL "")
FetchContent_MakeAvailable(pthreadpool)
set(PTHREADPOOL_SOURCE_DIR ${pthreadpool_SOURCE_DIR} CACHE INTERNAL "")
FetchContent_MakeAvailable(xnnpack)
# They have install rules of their own; an installed Ingot finds them beside it by name.
foreach(library XNNPACK pthreadpool cpuinfo)
  target_link_libraries(ingot_xnnpack_library INTERFACE $<BUILD_INTERFACE:${library}> $<INSTALL_INTERFACE:${library}>)
endforeach()
target_link_directories(ingot_xnnpack_library INTERFACE $<INSTALL_INTERFACE:lib>)
