# Third-party libraries: those of the system where it has them (find_package and friends), else pinned sources fetched by
# FetchContent. FETCHCONTENT_SOURCE_DIR_<NAME> points a dependency at a local checkout, as CMake users expect.

include(FetchContent)

# FlatBuffers: headers for everybody, flatc for the build.
find_path(INGOT_FLATBUFFERS_INCLUDE flatbuffers/flatbuffers.h)
find_program(INGOT_FLATC flatc)
if(NOT INGOT_FLATBUFFERS_INCLUDE OR NOT INGOT_FLATC)
  include(IngotFetchFlatBuffers)
endif()
add_library(ingot_flatbuffers INTERFACE)
target_include_directories(ingot_flatbuffers SYSTEM INTERFACE $<BUILD_INTERFACE:${INGOT_FLATBUFFERS_INCLUDE}>)

# XNNPACK, pthreadpool, cpuinfo.
find_path(INGOT_XNNPACK_INCLUDE xnnpack.h)
find_library(INGOT_XNNPACK_LIBRARY XNNPACK)
find_library(INGOT_PTHREADPOOL_LIBRARY pthreadpool)
find_library(INGOT_CPUINFO_LIBRARY cpuinfo)
add_library(ingot_xnnpack_library INTERFACE)
if(INGOT_XNNPACK_INCLUDE AND INGOT_XNNPACK_LIBRARY AND INGOT_PTHREADPOOL_LIBRARY AND INGOT_CPUINFO_LIBRARY)
  target_include_directories(ingot_xnnpack_library SYSTEM INTERFACE $<BUILD_INTERFACE:${INGOT_XNNPACK_INCLUDE}>)
  target_link_libraries(ingot_xnnpack_library INTERFACE ${INGOT_XNNPACK_LIBRARY} ${INGOT_PTHREADPOOL_LIBRARY}
                                                        ${INGOT_CPUINFO_LIBRARY})
else()
  include(IngotFetchXnnpack)
endif()

find_package(Threads REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
if(INGOT_BUILD_COMPILER)
  find_package(JPEG REQUIRED)
  find_package(PNG REQUIRED)
  find_package(Protobuf REQUIRED)
  find_path(INGOT_ONNX_INCLUDE onnx/onnx-ml.pb.h REQUIRED)
  find_library(INGOT_ONNX_LIBRARY onnx REQUIRED)
  find_library(INGOT_ONNX_PROTO_LIBRARY onnx_proto REQUIRED)
  add_library(ingot_onnx INTERFACE)
  target_include_directories(ingot_onnx SYSTEM INTERFACE ${INGOT_ONNX_INCLUDE})
  target_compile_definitions(ingot_onnx INTERFACE ONNX_NAMESPACE=onnx ONNX_ML=1)
  target_link_libraries(ingot_onnx INTERFACE ${INGOT_ONNX_LIBRARY} ${INGOT_ONNX_PROTO_LIBRARY} protobuf::libprotobuf)
endif()
if(INGOT_BUILD_COMPILER OR INGOT_BUILD_TESTS)
  find_package(libzip REQUIRED)
endif()
if(INGOT_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
