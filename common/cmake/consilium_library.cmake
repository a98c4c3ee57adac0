include(layers)

# Precompiled headers, each owned by a target of its own and reused by all others. Not
# <torch/torch.h>: GCC instantiates its pending templates again in every source, which doubles the
# time of a small one (docs/decisions/0007).
#   torch       what most sources that see LibTorch include
#   test_torch  the same and GoogleTest, optimised as tests are
#   test        GoogleTest alone
set(CONSILIUM_TORCH_HEADERS <torch/nn/module.h> <torch/types.h> <torch/utils.h>)
set(CONSILIUM_TEST_HEADERS <gmock/gmock.h> <gtest/gtest.h>)

# Nobody waits for the code of a test: less optimisation, shorter builds.
set(CONSILIUM_TEST_OPTIONS $<$<CONFIG:Release>:-O1>)

# consilium_precompile(name DEPS torch OPTIONS -O1 HEADERS <a.h>): target consilium_<name>_pch.
function(consilium_precompile name)
  cmake_parse_arguments(ARG "" "" "DEPS;OPTIONS;HEADERS" ${ARGN})
  set(target consilium_${name}_pch)
  file(TOUCH ${CMAKE_BINARY_DIR}/${name}_pch.cc)
  add_library(${target} STATIC ${CMAKE_BINARY_DIR}/${name}_pch.cc)
  foreach(dep IN LISTS ARG_DEPS)
    target_link_libraries(${target} PRIVATE consilium_dep_${dep})
  endforeach()
  target_link_libraries(${target} PRIVATE consilium_warnings)
  target_compile_options(${target} PRIVATE -fpch-preprocess ${ARG_OPTIONS})
  target_precompile_headers(${target} PRIVATE ${ARG_HEADERS})
endfunction()

# consilium_reuse(target name): nothing where that header is not precompiled.
#   GCC instantiates the header's pending templates anew in every source that reuses it, 3 to 4 s each
#   (docs/decisions/0007): sources that see LibTorch are joined where CONSILIUM_JOIN_SOURCES asks for it. Names of joined
#   sources meet in one anonymous namespace.
function(consilium_reuse target name)
  if(name MATCHES torch AND CONSILIUM_JOIN_SOURCES GREATER 1)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON
                          UNITY_BUILD_BATCH_SIZE ${CONSILIUM_JOIN_SOURCES})
  endif()
  if(TARGET consilium_${name}_pch)
    # -fPIC: programs would be compiled -fPIE, for which the header is not valid.
    target_compile_options(${target} PRIVATE -fpch-preprocess -fPIC)
    target_precompile_headers(${target} REUSE_FROM consilium_${name}_pch)
  endif()
endfunction()

if(CONSILIUM_PRECOMPILE AND CONSILIUM_WITH_TORCH)
  consilium_precompile(torch DEPS torch HEADERS ${CONSILIUM_TORCH_HEADERS})
endif()
if(CONSILIUM_PRECOMPILE AND CONSILIUM_WITH_TESTS)
  consilium_precompile(test DEPS gtest OPTIONS ${CONSILIUM_TEST_OPTIONS}
                       HEADERS ${CONSILIUM_TEST_HEADERS})
  if(CONSILIUM_WITH_TORCH)
    consilium_precompile(test_torch DEPS torch gtest OPTIONS ${CONSILIUM_TEST_OPTIONS}
                         HEADERS ${CONSILIUM_TORCH_HEADERS} ${CONSILIUM_TEST_HEADERS})
  endif()
endif()

# consilium_library(NAME codec SRCS a.cc HDRS a.h DEPS base federation EXTERNAL json [TORCH])
#   DEPS      targets of this project, checked against layers.cmake
#   EXTERNAL  dependencies of dependencies.cmake, private unless under PUBLIC_EXTERNAL
#   TORCH     links LibTorch and reuses the precompiled header
function(consilium_library)
  cmake_parse_arguments(ARG "TORCH" "NAME" "SRCS;HDRS;DEPS;EXTERNAL;PUBLIC_EXTERNAL" ${ARGN})
  if(NOT DEFINED CONSILIUM_LAYER_${ARG_NAME})
    message(FATAL_ERROR "${ARG_NAME}: not in common/cmake/layers.cmake")
  endif()
  foreach(dep IN LISTS ARG_DEPS)
    if(NOT dep IN_LIST CONSILIUM_LAYER_${ARG_NAME})
      message(FATAL_ERROR "${ARG_NAME} may not depend on ${dep} (common/cmake/layers.cmake)")
    endif()
  endforeach()
  set(target consilium_${ARG_NAME})
  if(NOT ARG_SRCS)
    set(ARG_SRCS ${CMAKE_BINARY_DIR}/empty.cc)
    file(TOUCH ${CMAKE_BINARY_DIR}/empty.cc)
  endif()
  add_library(${target} STATIC ${ARG_SRCS})
  add_library(consilium::${ARG_NAME} ALIAS ${target})
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}
                 FILES ${ARG_HDRS})
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(${target} PRIVATE consilium_warnings)
  foreach(dep IN LISTS ARG_DEPS)
    target_link_libraries(${target} PUBLIC consilium::${dep})
  endforeach()
  foreach(dep IN LISTS ARG_EXTERNAL)
    target_link_libraries(${target} PRIVATE consilium_dep_${dep})
  endforeach()
  foreach(dep IN LISTS ARG_PUBLIC_EXTERNAL)
    target_link_libraries(${target} PUBLIC consilium_dep_${dep})
  endforeach()
  if(ARG_TORCH)
    target_link_libraries(${target} PUBLIC consilium_dep_torch)
    consilium_reuse(${target} torch)
  endif()
endfunction()

# consilium_program(NAME consilium-sim SRCS main.cc DEPS ... EXTERNAL ... [TORCH])
function(consilium_program)
  cmake_parse_arguments(ARG "TORCH" "NAME" "SRCS;DEPS;EXTERNAL" ${ARGN})
  add_executable(${ARG_NAME} ${ARG_SRCS})
  target_link_libraries(${ARG_NAME} PRIVATE consilium_warnings)
  foreach(dep IN LISTS ARG_DEPS)
    target_link_libraries(${ARG_NAME} PRIVATE consilium::${dep})
  endforeach()
  foreach(dep IN LISTS ARG_EXTERNAL)
    target_link_libraries(${ARG_NAME} PRIVATE consilium_dep_${dep})
  endforeach()
  if(ARG_TORCH)
    target_link_libraries(${ARG_NAME} PRIVATE consilium_dep_torch)
    consilium_reuse(${ARG_NAME} torch)
  endif()
endfunction()

# consilium_test(NAME federation SRCS ... DEPS ... EXTERNAL ... [TORCH] [BY_SUITE] [LABELS unit] [TIMEOUT 60])
#   One executable per folder of tests/, one ctest entry per TEST. With BY_SUITE one per suite: for
#   programs that take longer to start than most of their tests (LibTorch alone takes half a second).
#   Golden files are found through CONSILIUM_GOLDEN_DIR, programs through CONSILIUM_PROGRAM_DIR.
function(consilium_test)
  cmake_parse_arguments(ARG "TORCH;BY_SUITE" "NAME;TIMEOUT" "SRCS;DEPS;EXTERNAL;LABELS" ${ARGN})
  set(target ${ARG_NAME}_test)
  consilium_program(NAME ${target} SRCS ${ARG_SRCS} DEPS ${ARG_DEPS}
                    EXTERNAL gtest ${ARG_EXTERNAL})
  target_link_libraries(${target} PRIVATE consilium_test_support)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_options(${target} PRIVATE ${CONSILIUM_TEST_OPTIONS})
  if(ARG_TORCH)
    target_link_libraries(${target} PRIVATE consilium_dep_torch)
    consilium_reuse(${target} test_torch)
  else()
    consilium_reuse(${target} test)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # GCC 12 misreads "literal" + std::string (GCC bug 105329), which tests write often.
    target_compile_options(${target} PRIVATE -Wno-array-bounds)
  endif()
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set(environment "OMP_NUM_THREADS=1;OPENBLAS_NUM_THREADS=1")
  if(ARG_BY_SUITE)
    consilium_discover_suites(${target} "${ARG_LABELS}" ${ARG_TIMEOUT} "${environment}")
  else()
    include(GoogleTest)
    gtest_discover_tests(${target} DISCOVERY_TIMEOUT 120 PROPERTIES LABELS "${ARG_LABELS}"
                         TIMEOUT ${ARG_TIMEOUT} ENVIRONMENT "${environment}")
  endif()
endfunction()

# One ctest entry per suite of a test program, listed when it is built.
function(consilium_discover_suites target labels timeout environment)
  set(script ${PROJECT_SOURCE_DIR}/common/cmake/list_test_suites.cmake)
  set(suites ${CMAKE_CURRENT_BINARY_DIR}/${target}_suites.cmake)
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${script})
  add_custom_command(TARGET ${target} POST_BUILD VERBATIM BYPRODUCTS ${suites}
    COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:${target}> -D OUT=${suites} -D "LABELS=${labels}"
            -D TIMEOUT=${timeout} -D "ENVIRONMENT=${environment}" -P ${script})
  set(include ${CMAKE_CURRENT_BINARY_DIR}/${target}_include.cmake)
  file(WRITE ${include} "if(EXISTS \"${suites}\")\n  include(\"${suites}\")\nelse()\n"
                        "  add_test(${target}_NOT_BUILT ${target}_NOT_BUILT)\nendif()\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${include})
endfunction()
