# Builds for 64-bit Arm on the reference system, and runs what is built under qemu. The C and C++ libraries are the cross
# compiler's; all others lie where tools/setup --aarch64 unpacked them.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

set(libraries $ENV{INGOT_AARCH64_LIBRARIES})
if(NOT IS_DIRECTORY "${libraries}")
  message(FATAL_ERROR "There are no libraries for 64-bit Arm in '${libraries}': run tools/setup --aarch64, and cmake by tools/dev")
endif()
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
list(APPEND CMAKE_FIND_ROOT_PATH ${libraries} /usr/aarch64-linux-gnu)  # after what the caller gives
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
# Programs find their libraries, and these theirs, where they were linked.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-Wl,--disable-new-dtags,-rpath,${libraries}/usr/lib/aarch64-linux-gnu")
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L ${libraries})
