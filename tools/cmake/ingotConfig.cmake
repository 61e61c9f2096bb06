# find_package(ingot): the targets ingot::runtime, ingot::kernels, ingot::xnnpack and ingot::npy.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/ingotTargets.cmake)
