# Compiler cache, warnings and sanitizers, for every target alike.

find_program(CONSILIUM_CCACHE ccache)
if(CONSILIUM_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # A precompiled header is cached only with these two settings and -fpch-preprocess.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${CONSILIUM_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CONSILIUM_CCACHE})
endif()

set(CONSILIUM_SANITIZE "" CACHE STRING "Sanitizers of -fsanitize=, for example address,undefined")
if(CONSILIUM_SANITIZE)
  add_compile_options(-fsanitize=${CONSILIUM_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${CONSILIUM_SANITIZE})
  if(CONSILIUM_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()

add_library(consilium_warnings INTERFACE)
target_compile_options(consilium_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wno-sign-conversion -Wno-missing-field-initializers -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 sees overlaps and overflows in std::string that are not there (GCC bug 105329).
  target_compile_options(consilium_warnings INTERFACE -Wno-restrict -Wno-stringop-overflow)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CONSILIUM_SANITIZE)
  # GCC 12 reports impossible paths of the standard library once code is instrumented.
  target_compile_options(consilium_warnings INTERFACE -Wno-maybe-uninitialized -Wno-array-bounds
    -Wno-stringop-overflow)
endif()
