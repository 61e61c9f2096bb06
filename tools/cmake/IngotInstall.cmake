# What an app needs to embed the runtime: `cmake --install BUILD --component device`, then find_package(ingot) and link
# ingot::runtime, and ingot::kernels or ingot::xnnpack as it likes. Headers keep their paths under include/ingot.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(ingot_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ingot)
set(ingot_include_dir ${CMAKE_INSTALL_INCLUDEDIR}/ingot)

foreach(library runtime kernels quantized_kernels npy xnnpack xnnpack_graph xnnpack_library schema flatbuffers)
  set_target_properties(ingot_${library} PROPERTIES EXPORT_NAME ${library})
  install(TARGETS ingot_${library} EXPORT ingot ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT device)
endforeach()
target_include_directories(ingot_runtime INTERFACE $<INSTALL_INTERFACE:${ingot_include_dir}>)

install(EXPORT ingot NAMESPACE ingot:: FILE ingotTargets.cmake DESTINATION ${ingot_cmake_dir} COMPONENT device)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/ingotConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_LIST_DIR}/ingotConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/ingotConfigVersion.cmake
        DESTINATION ${ingot_cmake_dir} COMPONENT device)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/runtime/include/ DESTINATION ${ingot_include_dir} COMPONENT device)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/runtime/core DESTINATION ${ingot_include_dir}/runtime COMPONENT device
        FILES_MATCHING PATTERN *.h)
foreach(header runtime/delegate.h runtime/profiler.h runtime/kernels/kernel_table.h runtime/npy/npy.h
               delegate/xnnpack/run/xnnpack_delegate.h delegate/xnnpack/run/threads.h)
  get_filename_component(folder ${header} DIRECTORY)
  install(FILES ${PROJECT_SOURCE_DIR}/${header} DESTINATION ${ingot_include_dir}/${folder} COMPONENT device)
endforeach()
