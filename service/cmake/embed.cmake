# Embedding of files into the binary, at build time, so that it needs nothing beside itself.
include(${CMAKE_CURRENT_LIST_DIR}/npm.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/write_assets.cmake)

# lull_embed_scripts(<target>): service/redis/scripts/*.lua, reached through include/lull/redis/script_texts.hpp.
# A line `--@include lib/message.lua` in a script stands for the text of that file (relative to the scripts' folder).
function(lull_embed_scripts target)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "INTERFACE_LIBRARY")
    return()
  endif()
  set(folder ${CMAKE_CURRENT_SOURCE_DIR}/redis/scripts)
  set(generator ${CMAKE_CURRENT_SOURCE_DIR}/cmake/embed_scripts.cmake)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/script_texts.cpp)
  file(GLOB_RECURSE scripts CONFIGURE_DEPENDS ${folder}/*.lua)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DFOLDER=${folder} -DOUTPUT=${output} -P ${generator}
    DEPENDS ${scripts} ${generator}
    COMMENT "Embedding the Lua scripts" VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()

# lull_embed_assets(<target>): swagger/**, service/web/api-docs/** and what Swagger UI needs from its npm package,
# reached through include/lull/web/assets.hpp.
function(lull_embed_assets target)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "INTERFACE_LIBRARY")
    return()
  endif()
  set(web ${CMAKE_CURRENT_SOURCE_DIR}/web)
  set(ui ${web}/node_modules/swagger-ui-dist)
  lull_npm_ci(${web})
  file(GLOB_RECURSE ours RELATIVE ${web} CONFIGURE_DEPENDS ${web}/api-docs/*)
  file(GLOB_RECURSE description RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/swagger/*.json)
  set(pairs)
  foreach(path IN LISTS ours)
    list(APPEND pairs "/${path}=${web}/${path}")
  endforeach()
  foreach(path IN LISTS description)
    list(APPEND pairs "/${path}=${PROJECT_SOURCE_DIR}/${path}")
  endforeach()
  foreach(name swagger-ui.css swagger-ui-bundle.js swagger-ui-bundle.js.LICENSE.txt swagger-ui-standalone-preset.js
               favicon-32x32.png)
    list(APPEND pairs "/api-docs/${name}=${ui}/${name}")
  endforeach()
  set(output ${CMAKE_CURRENT_BINARY_DIR}/page_assets.cpp)
  lull_write_assets(${output} pageAssets files ${pairs})
  set_source_files_properties(${output} PROPERTIES OBJECT_DEPENDS "${files}")
  target_sources(${target} PRIVATE ${output})
endfunction()

# lull_embed_console(<target>): service/console, bundled by its own build.mjs into the build folder. The names of the
# bundle's files are known only then, so the table of them is written by the build, too.
function(lull_embed_console target)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "INTERFACE_LIBRARY")
    return()
  endif()
  find_program(NODE node REQUIRED)
  set(console ${CMAKE_CURRENT_SOURCE_DIR}/console)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/console_assets.cpp)
  set(generator ${CMAKE_CURRENT_SOURCE_DIR}/cmake/embed_console.cmake)
  lull_npm_ci(${console})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${console}/src/*)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DNODE=${NODE} -DCONSOLE=${console} -DFOLDER=${CMAKE_BINARY_DIR}/console -DOUTPUT=${output}
      -DLOCK=${PROJECT_SOURCE_DIR}/build/npm.lock -P ${generator}
    DEPENDS ${sources} ${console}/build.mjs ${console}/package.json ${console}/package-lock.json ${console}/tsconfig.json
      ${generator} ${CMAKE_CURRENT_SOURCE_DIR}/cmake/write_assets.cmake ${CMAKE_CURRENT_SOURCE_DIR}/cmake/assets.cpp.in
    COMMENT "Bundling the console" VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
