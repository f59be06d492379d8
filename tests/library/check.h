/* For tests in C: says which claim is wrong, and ends. */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#define CHECK(claim)                                                      \
  do {                                                                    \
    if (!(claim)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #claim); \
      exit(1);                                                            \
    }                                                                     \
  } while (0)

/* A call with &error that must be well. */
#define CHECK_OK(call)                                              \
  do {                                                              \
    if ((call) != ENGRAFT_OK || error != NULL) {                    \
      fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, \
              error != NULL ? error : "no text");                   \
      exit(1);                                                      \
    }                                                               \
  } while (0)
