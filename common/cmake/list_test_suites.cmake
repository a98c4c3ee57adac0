# cmake -D PROGRAM=... -D OUT=... -D LABELS=... -D TIMEOUT=... -D ENVIRONMENT=... -P list_test_suites.cmake
# Asks a built GoogleTest program for its suites and writes a file for ctest: one entry per suite.
# The suites of most tests come first, so that two at once end at about the same time.

execute_process(COMMAND ${PROGRAM} --gtest_list_tests OUTPUT_VARIABLE listing
                RESULT_VARIABLE result TIMEOUT 120)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} --gtest_list_tests ended with ${result}: its tests cannot be listed")
endif()
string(REGEX REPLACE "#[^\n]*" "" listing "${listing}")  # what a parameter is, which may hold anything
string(REPLACE "\n" ";" lines "${listing}")
foreach(line IN LISTS lines)
  if(line MATCHES "^([^ ]+)\\. *$")
    set(suite ${CMAKE_MATCH_1})
    list(APPEND suites ${suite})
    set(count_${suite} 0)
  elseif(line MATCHES "^  [^ ]")
    math(EXPR count_${suite} "${count_${suite}} + 1")
  endif()
endforeach()
if(NOT suites)
  message(FATAL_ERROR "${PROGRAM} lists no tests")
endif()

set(text "")
foreach(suite IN LISTS suites)
  string(APPEND text
    "add_test([=[${suite}]=] [=[${PROGRAM}]=] [=[--gtest_filter=${suite}.*]=])\n"
    "set_tests_properties([=[${suite}]=] PROPERTIES COST ${count_${suite}} TIMEOUT ${TIMEOUT}\n"
    "  LABELS [=[${LABELS}]=] ENVIRONMENT [=[${ENVIRONMENT}]=])\n")
endforeach()
file(WRITE ${OUT} "${text}")
