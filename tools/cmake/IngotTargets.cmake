# How every target of the project is compiled, and the functions that make one from a folder.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS ON)  # statement expressions, for INGOT_TRY
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

find_program(INGOT_CCACHE ccache)
if(INGOT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${INGOT_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${INGOT_CCACHE})
endif()

add_library(ingot_options INTERFACE)
target_include_directories(ingot_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(ingot_options INTERFACE -Wall -Wextra -Werror -Wno-missing-field-initializers
                                               -ffunction-sections -fdata-sections)
target_compile_definitions(ingot_options INTERFACE INGOT_ERROR_MESSAGES=$<BOOL:${INGOT_ERROR_MESSAGES}>)
target_link_options(ingot_options INTERFACE -Wl,--gc-sections)
# Built inside the root that tools/setup makes (tools/dev says where that is), programs name its loader and libraries, so
# that they run outside it as well.
if(DEFINED ENV{INGOT_SYSTEM_ROOT} AND CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)
  target_link_options(ingot_options INTERFACE
    -Wl,--dynamic-linker=$ENV{INGOT_SYSTEM_ROOT}/usr/lib64/ld-linux-x86-64.so.2
    -Wl,--disable-new-dtags -Wl,-rpath,$ENV{INGOT_SYSTEM_ROOT}/usr/lib/x86_64-linux-gnu)
endif()
if(INGOT_SANITIZE)
  target_compile_options(ingot_options INTERFACE -fsanitize=${INGOT_SANITIZE} -fno-sanitize-recover=all
                                                 -fno-omit-frame-pointer
                                                 # g++'s flow analysis misfires on instrumented code
                                                 -Wno-error)
  target_link_options(ingot_options INTERFACE -fsanitize=${INGOT_SANITIZE})
  if(INGOT_SANITIZE MATCHES "undefined")  # this check needs RTTI, which the device side has not
    target_compile_options(ingot_options INTERFACE -fno-sanitize=vptr)
  endif()
endif()
if(INGOT_COVERAGE)
  target_compile_options(ingot_options INTERFACE --coverage)
  target_link_options(ingot_options INTERFACE --coverage)
endif()

# What goes on a device is built without exceptions and RTTI.
add_library(ingot_device_options INTERFACE)
target_link_libraries(ingot_device_options INTERFACE ingot_options)
target_compile_options(ingot_device_options INTERFACE -fno-exceptions -fno-rtti
                       "$<$<CONFIG:MinSizeRel>:-fvisibility=hidden;-fno-unwind-tables;-fno-asynchronous-unwind-tables>")
set(CMAKE_INTERPROCEDURAL_OPTIMIZATION_MINSIZEREL ON)

# ingot_precompiled(KIND LIBRARY|EXECUTABLE LINKS target... HEADERS header...): headers that targets of a kind share, where
# INGOT_PRECOMPILE asks for that. A target takes them by ingot_use_precompiled(TARGET KIND), whose options must be the same.
function(ingot_precompiled kind what)
  cmake_parse_arguments(ARG "" "" "LINKS;HEADERS" ${ARGN})
  if(NOT INGOT_PRECOMPILE)
    return()
  endif()
  set(source ${CMAKE_BINARY_DIR}/precompiled_${kind}.cpp)
  if(NOT EXISTS ${source})
    file(WRITE ${source} "int main() { return 0; }\n")
  endif()
  if(what STREQUAL LIBRARY)
    add_library(ingot_precompiled_${kind} OBJECT ${source})
  else()
    add_executable(ingot_precompiled_${kind} ${source})
  endif()
  target_link_libraries(ingot_precompiled_${kind} PRIVATE ${ARG_LINKS})
  target_precompile_headers(ingot_precompiled_${kind} PRIVATE ${ARG_HEADERS})
endfunction()
function(ingot_use_precompiled target kind)
  if(INGOT_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM ingot_precompiled_${kind})
  endif()
endfunction()

# ingot_library(NAME [DEVICE] [FOLDERS folder...] [LINKS target...] [PRECOMPILED header...]): a static library of every
# .cpp directly inside the folders (default: the current one). PRECOMPILED names what its sources share beyond the headers
# that all libraries of its kind do.
function(ingot_library name)
  cmake_parse_arguments(ARG "DEVICE" "" "FOLDERS;LINKS;PRECOMPILED" ${ARGN})
  if(NOT ARG_FOLDERS)
    set(ARG_FOLDERS .)
  endif()
  set(sources "")
  foreach(folder IN LISTS ARG_FOLDERS)
    file(GLOB found CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
    list(APPEND sources ${found})
  endforeach()
  if(NOT sources)  # headers alone
    add_library(${name} INTERFACE)
    add_library(ingot::${name} ALIAS ${name})
    target_link_libraries(${name} INTERFACE ${ARG_LINKS})
    return()
  endif()
  add_library(${name} STATIC ${sources})
  add_library(ingot::${name} ALIAS ${name})
  if(ARG_DEVICE)
    target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:ingot_device_options>)
    ingot_use_precompiled(${name} device)
  else()
    target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:ingot_options>)
    if(NOT ARG_PRECOMPILED)
      ingot_use_precompiled(${name} host)
    elseif(INGOT_PRECOMPILE)
      target_precompile_headers(${name} PRIVATE ${INGOT_HOST_HEADERS} ${ARG_PRECOMPILED})
    endif()
  endif()
  target_link_libraries(${name} PUBLIC ${ARG_LINKS})
endfunction()
