# How the libraries for other programs are made and installed.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# engraft_library(NAME EXPORT name [SOURCES ...] FLOORS ... LINKS ... PKGCONFIG ...)
# libNAME.so and libNAME.a of these floors' objects, for others Engraft::EXPORT and
# Engraft::EXPORT_static. LINKS are the libraries from outside, which a static library leaves to its
# users; PKGCONFIG are the same for pkg-config --static.
function(engraft_library NAME)
  cmake_parse_arguments(PARSE_ARGV 1 LIBRARY "" "EXPORT;PKGCONFIG" "SOURCES;FLOORS;LINKS")
  set(objects)
  foreach(floor ${LIBRARY_FLOORS})
    list(APPEND objects $<TARGET_OBJECTS:engraft_${floor}>)
  endforeach()

  set(shared engraft_${LIBRARY_EXPORT}_shared)
  add_library(${shared} SHARED ${LIBRARY_SOURCES} ${objects})
  target_link_libraries(${shared} PRIVATE engraft_settings ${LIBRARY_LINKS})
  # The pool's threads wait in the library for ever: it cannot be unloaded.
  target_link_options(${shared} PRIVATE
    -Wl,--version-script=${CMAKE_SOURCE_DIR}/cmake/exports.map -Wl,--gc-sections -Wl,--as-needed
    -Wl,-z,nodelete)
  if(NOT ENGRAFT_SANITIZE)  # the sanitizers' own functions are the program's
    target_link_options(${shared} PRIVATE -Wl,--no-undefined)
  endif()
  set_target_properties(${shared} PROPERTIES
    LINK_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/exports.map
    VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  engraft_export(${shared} ${NAME} ${LIBRARY_EXPORT} EngraftTargets)

  set(static engraft_${LIBRARY_EXPORT}_static)
  add_library(${static} STATIC ${LIBRARY_SOURCES} ${objects})
  target_link_libraries(${static}
    PRIVATE $<BUILD_INTERFACE:engraft_settings> INTERFACE ${LIBRARY_LINKS})
  engraft_export(${static} ${NAME} ${LIBRARY_EXPORT}_static EngraftStaticTargets)

  # The package finds itself from where the file lies, so that it can be moved.
  set(name ${NAME})
  set(private_libraries ${LIBRARY_PKGCONFIG})
  file(RELATIVE_PATH to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  configure_file(${CMAKE_SOURCE_DIR}/cmake/engraft.pc.in ${CMAKE_BINARY_DIR}/${NAME}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/${NAME}.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
endfunction()

# Makes a target Engraft::ALIAS, here and where it is installed.
function(engraft_export TARGET NAME ALIAS EXPORT_SET)
  set_target_properties(${TARGET} PROPERTIES
    OUTPUT_NAME ${NAME} EXPORT_NAME ${ALIAS} LINKER_LANGUAGE CXX
    ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
  target_include_directories(${TARGET} INTERFACE
    $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  add_library(Engraft::${ALIAS} ALIAS ${TARGET})
  install(TARGETS ${TARGET} EXPORT ${EXPORT_SET}
    LIBRARY COMPONENT library NAMELINK_COMPONENT development
    ARCHIVE COMPONENT development)
endfunction()

# What find_package(Engraft) reads, and the headers.
function(engraft_install_package)
  set(folder ${CMAKE_INSTALL_LIBDIR}/cmake/Engraft)
  configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/EngraftConfig.cmake.in
    ${CMAKE_BINARY_DIR}/EngraftConfig.cmake INSTALL_DESTINATION ${folder})
  write_basic_package_version_file(${CMAKE_BINARY_DIR}/EngraftConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
  install(FILES ${CMAKE_BINARY_DIR}/EngraftConfig.cmake
    ${CMAKE_BINARY_DIR}/EngraftConfigVersion.cmake ${CMAKE_SOURCE_DIR}/cmake/Dependencies.cmake
    DESTINATION ${folder} COMPONENT development)
  foreach(set EngraftTargets EngraftStaticTargets)
    install(EXPORT ${set} NAMESPACE Engraft:: DESTINATION ${folder} COMPONENT development)
  endforeach()
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/engraft
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development FILES_MATCHING PATTERN "*.h")
endfunction()
