# Runs tests of the kernels on an emulated processor of 2008, which has neither AVX nor FMA: an instruction of a later one
# that got out of its place ends them.
#   cmake -DTESTS=test_runtime_kernels -P old_processor.cmake
find_program(QEMU qemu-x86_64)
if(NOT QEMU)
  message("skipped: there is no qemu-x86_64 (package qemu-user)")
  return()
endif()
execute_process(COMMAND ${QEMU} -cpu Nehalem ${TESTS} --gtest_brief=1
                        "--gtest_filter=Convolution.*:Pooling.*:*Cases*convolution*:*Cases*mm*:*Cases*softmax*:*Cases*layer_norm*:*Cases*pool2d*:*Cases*_exp:*Cases*_tanh"
                COMMAND_ERROR_IS_FATAL ANY)
