# How every target is compiled, and the two functions that make them.

add_library(engraft_settings INTERFACE)
target_include_directories(engraft_settings INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
target_compile_options(engraft_settings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # -Wrestrict and -Wstringop-overflow are wrong about std::string in g++ 12 (GCC bugs 105651 and
  # 105329), -Wmaybe-uninitialized about std::variant. Options structs are meant to be given in part,
  # the rest at its defaults.
  target_compile_options(engraft_settings INTERFACE
    -Wno-restrict -Wno-stringop-overflow -Wno-maybe-uninitialized -Wno-missing-field-initializers)
endif()
# One rounding for each operation, so that drawn pictures are the same on every machine; x86-64's
# baseline has no fused multiply-add.
if(NOT CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  target_compile_options(engraft_settings INTERFACE -ffp-contract=off)
endif()
if(ENGRAFT_WERROR)
  target_compile_options(engraft_settings INTERFACE -Werror)
endif()

if(ENGRAFT_SANITIZE)
  target_compile_options(engraft_settings INTERFACE
    -fsanitize=${ENGRAFT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(engraft_settings INTERFACE -fsanitize=${ENGRAFT_SANITIZE})
else()
  # OpenSSF's hardening options; fortification and the sanitizers exclude each other.
  target_compile_options(engraft_settings INTERFACE
    -fstack-protector-strong -fstack-clash-protection
    $<$<CONFIG:Release,RelWithDebInfo>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>
    -D_GLIBCXX_ASSERTIONS)
  target_link_options(engraft_settings INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
endif()

# engraft_floor(NAME SOURCES ... [USES target ...] [LINKS target ...] [TESTS ...] [TEST_LINKS ...])
# A folder of src/ as a static library engraft_NAME. USES are other floors or libraries that its
# headers show, LINKS those that only its sources need. TESTS make the test program NAME_test, which
# may need more than the library does: TEST_LINKS.
function(engraft_floor NAME)
  cmake_parse_arguments(PARSE_ARGV 1 FLOOR "" "" "SOURCES;USES;LINKS;TESTS;TEST_LINKS")
  add_library(engraft_${NAME} STATIC ${FLOOR_SOURCES})
  target_link_libraries(engraft_${NAME} PUBLIC engraft_settings ${FLOOR_USES} PRIVATE ${FLOOR_LINKS})
  if(ENGRAFT_TESTS AND FLOOR_TESTS)
    engraft_test(${NAME}_test SOURCES ${FLOOR_TESTS}
      LINKS engraft_${NAME} ${FLOOR_LINKS} ${FLOOR_TEST_LINKS})
  endif()
endfunction()

# engraft_test(NAME SOURCES ... LINKS ...)
function(engraft_test NAME)
  cmake_parse_arguments(PARSE_ARGV 1 TEST "" "" "SOURCES;LINKS")
  add_executable(${NAME} ${TEST_SOURCES})
  target_link_libraries(${NAME} PRIVATE ${TEST_LINKS} engraft_testing GTest::gmock
    GTest::gtest_main)
  add_test(NAME ${NAME} COMMAND ${NAME})
  set_tests_properties(${NAME} PROPERTIES TIMEOUT 900)
endfunction()
