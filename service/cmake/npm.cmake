# lull_npm_ci(<folder>): installs the folder's locked npm packages when they are missing or older than the lock. A build
# configures again when the lock has changed.
function(lull_npm_ci folder)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/package-lock.json)
  file(LOCK ${PROJECT_SOURCE_DIR}/build/npm.lock GUARD FUNCTION TIMEOUT 300)  # Two build folders may configure at once.
  if(NOT ${folder}/package-lock.json IS_NEWER_THAN ${folder}/node_modules/.package-lock.json)
    return()
  endif()
  find_program(NPM npm)
  if(NOT NPM)
    message(FATAL_ERROR "npm is needed for the packages of ${folder}: run ./dev setup, or install nodejs and npm")
  endif()
  message(STATUS "npm ci in ${folder}")
  execute_process(COMMAND ${NPM} ci --no-audit --no-fund --loglevel=error WORKING_DIRECTORY ${folder}
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "npm ci failed in ${folder}:\n${output}")
  endif()
endfunction()
