# Run by the build (cmake -DNODE=… -DCONSOLE=… -DFOLDER=… -DOUTPUT=… -DLOCK=… -P): bundles the console CONSOLE into FOLDER
# and writes OUTPUT, the table of its files. See embed.cmake.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/write_assets.cmake)

# Another build folder may be installing the packages that the bundler is made of (npm.cmake).
file(LOCK ${LOCK} GUARD PROCESS TIMEOUT 300)
file(REMOVE_RECURSE ${FOLDER})
execute_process(COMMAND ${NODE} build.mjs --out ${FOLDER} WORKING_DIRECTORY ${CONSOLE}
  RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "The console cannot be bundled:\n${said}")
endif()

file(GLOB names RELATIVE ${FOLDER} ${FOLDER}/*)
set(pairs "")
foreach(name IN LISTS names)
  list(APPEND pairs "/console/${name}=${FOLDER}/${name}")
endforeach()
# An old table with the same text would not be written again, and what it names has changed.
file(REMOVE ${OUTPUT})
lull_write_assets(${OUTPUT} consoleAssets files ${pairs})
