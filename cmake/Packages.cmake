# Debian packages, by `cpack` in a build folder of the preset `deb`: engraft (the program),
# libengraftN (the shared libraries), libengraft-dev (headers, static libraries, CMake's and
# pkg-config's files).

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME engraft)
set(CPACK_PACKAGE_VENDOR "The Engraft authors")
set(CPACK_PACKAGE_CONTACT "The Engraft authors <engraft@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Transfer learning for images")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL program library development)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)

set(soversion ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME engraft)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION science)
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "Point it at folders of photos; get a tested classifier.")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libengraft${soversion})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "What the program engraft does, for other programs.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libengraft-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)  # nothing in it runs
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  "libengraft${soversion} (= ${PROJECT_VERSION})")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "Headers and static libraries of libengraft.")

include(CPack)
