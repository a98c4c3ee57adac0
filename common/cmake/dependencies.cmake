# Every dependency is a Debian 12 package (packaging/apt-packages.txt) and reaches the targets as
# consilium_dep_<name>, an interface library whose headers count as system headers.

function(consilium_dependency name)
  cmake_parse_arguments(ARG "" "" "LIBS;INCLUDES" ${ARGN})
  add_library(consilium_dep_${name} INTERFACE)
  target_link_libraries(consilium_dep_${name} INTERFACE ${ARG_LIBS})
  if(ARG_INCLUDES)
    target_include_directories(consilium_dep_${name} SYSTEM INTERFACE ${ARG_INCLUDES})
  endif()
endfunction()

find_package(Threads REQUIRED)
find_package(nlohmann_json REQUIRED)
consilium_dependency(json LIBS nlohmann_json::nlohmann_json)
find_package(CLI11 REQUIRED)
consilium_dependency(cli11 LIBS CLI11::CLI11)

if(CONSILIUM_WITH_TORCH)
  # The distributions of Boost.Math, which is headers alone.
  find_package(Boost 1.74 REQUIRED)
  consilium_dependency(boost LIBS Boost::headers)
  find_package(Torch REQUIRED)
  consilium_dependency(torch LIBS ${TORCH_LIBRARIES} INCLUDES ${TORCH_INCLUDE_DIRS})
  # LibTorch decides the C++ ABI of everything that is linked with it.
  separate_arguments(CONSILIUM_TORCH_FLAGS UNIX_COMMAND "${TORCH_CXX_FLAGS}")
  add_compile_options(${CONSILIUM_TORCH_FLAGS})
  # gRPC brings this to some of its users; a precompiled header is valid where all have it.
  target_compile_options(consilium_dep_torch INTERFACE -pthread)
  # LibTorch's classes have members that NDEBUG takes away; it was compiled with it.
  target_compile_definitions(consilium_dep_torch INTERFACE $<$<NOT:$<CONFIG:Release>>:NDEBUG>)
  # Needs CUDA's toolkit, which LibTorch's own configuration has then found.
  if(TARGET torch_cuda)
    set(CONSILIUM_WITH_CUDA ON)
  else()
    set(CONSILIUM_WITH_CUDA OFF)
  endif()
  message(STATUS "LibTorch ${Torch_VERSION}, CUDA: ${CONSILIUM_WITH_CUDA}")
endif()

if(CONSILIUM_WITH_OPENSSL)
  find_package(OpenSSL 3.0 REQUIRED)
  consilium_dependency(openssl LIBS OpenSSL::SSL OpenSSL::Crypto)
endif()

if(CONSILIUM_WITH_IMAGING)
  find_package(OpenCV REQUIRED COMPONENTS core imgproc imgcodecs)
  consilium_dependency(opencv LIBS opencv_core opencv_imgproc opencv_imgcodecs
                       INCLUDES ${OpenCV_INCLUDE_DIRS})
  find_package(DCMTK REQUIRED)
  consilium_dependency(dcmtk LIBS dcmimage dcmimgle dcmdata oflog ofstd
                       INCLUDES ${DCMTK_INCLUDE_DIRS})
endif()

if(CONSILIUM_WITH_ZIP)
  # Debian's CMake package of libzip insists on programs that are in other packages.
  find_path(CONSILIUM_ZIP_INCLUDE_DIR zip.h REQUIRED)
  find_library(CONSILIUM_ZIP_LIBRARY zip REQUIRED)
  consilium_dependency(libzip LIBS ${CONSILIUM_ZIP_LIBRARY} INCLUDES ${CONSILIUM_ZIP_INCLUDE_DIR})
endif()

if(CONSILIUM_WITH_ZSTD)
  find_path(CONSILIUM_ZSTD_INCLUDE_DIR zstd.h REQUIRED)
  find_library(CONSILIUM_ZSTD_LIBRARY zstd REQUIRED)
  consilium_dependency(zstd LIBS ${CONSILIUM_ZSTD_LIBRARY} INCLUDES ${CONSILIUM_ZSTD_INCLUDE_DIR})
endif()

if(CONSILIUM_WITH_SQLITE)
  find_package(SQLite3 REQUIRED)
  consilium_dependency(sqlite LIBS SQLite::SQLite3)
endif()

if(CONSILIUM_WITH_YAML)
  find_package(yaml-cpp REQUIRED)
  consilium_dependency(yaml LIBS yaml-cpp)
endif()

if(CONSILIUM_WITH_GRPC)
  find_package(Protobuf REQUIRED)
  find_package(gRPC CONFIG REQUIRED)
  consilium_dependency(grpc LIBS gRPC::grpc++ protobuf::libprotobuf)
  find_package(spdlog REQUIRED)
  consilium_dependency(spdlog LIBS spdlog::spdlog)
endif()

if(CONSILIUM_WITH_TESTS)
  find_package(GTest REQUIRED)
  consilium_dependency(gtest LIBS GTest::gtest GTest::gmock)
  # gRPC brings this to some tests; a precompiled header is valid where all have it.
  target_compile_options(consilium_dep_gtest INTERFACE -pthread)
endif()
if(CONSILIUM_WITH_BENCHMARKS)
  find_package(benchmark REQUIRED)
  consilium_dependency(benchmark LIBS benchmark::benchmark)
endif()
