/* Engraft for C, and for whatever can call C.
 *
 * The rules of this interface, kept in all versions with the same SOVERSION:
 *
 * - It only grows. A function keeps its name, its parameters and what it promises; a constant keeps
 *   its value. What is new is a new function, a new constant, or a new member at the end of a
 *   struct.
 * - A struct that may grow begins with `size`, which whoever fills it sets to its sizeof: the _INIT
 *   macros do for the caller's, the library does for what it hands to callbacks. What lies beyond
 *   that size counts as zero, which always stands for the default. engraft_frame never grows.
 * - Objects are opaque. What a function named engraft_X_new, _load, _open or _train gives belongs
 * to the caller, who frees it by the function named engraft_X_free; NULL may be freed. An object
 *   does not need those that it was made from: a model may be freed before its predictor.
 * - A `const char*` that is returned belongs to the object that was asked, and lives as long. All
 *   texts are UTF-8 and end in a zero byte; paths are the system's bytes.
 * - What can fail returns a status. Where it is not ENGRAFT_OK and `error` is not NULL, *error
 *   becomes a text that says what went wrong, where, and what to do; free it by engraft_free().
 *   Where all is well *error becomes NULL. Results are written only with ENGRAFT_OK, unless said
 *   otherwise.
 * - A NULL where an object or a result's place is wanted is ENGRAFT_FAILED with a text, never a
 *   crash. Buffers come with the number of their places; one that is too small is an error.
 * - Models and predictors may be used from several threads at once; other objects by one at a time.
 *   Callbacks may come from other threads than the caller's, but never two at once, except stop.
 *   They must not throw, nor jump out.
 *
 * Functions up to the line "Only in libengraft" are in libengraft-predict too. A program links one
 * of the two.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "engraft/export.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef int engraft_status;
enum {
  ENGRAFT_OK = 0,
  ENGRAFT_FAILED = 1,
  ENGRAFT_WRONG_OPTION = 2, /* nothing has been begun */
  ENGRAFT_STOPPED = 3       /* by the caller; what was reached is there */
};

/* "0.2.0"; lives for ever. */
ENGRAFT_API const char* engraft_version(void);

/* Frees a text that a function gave; NULL may be freed. */
ENGRAFT_API void engraft_free(char* text);

/* ---- Models ---------------------------------------------------------------------------------- */

typedef struct engraft_model engraft_model;

/* A saved model (.safetensors), or a run folder's best. */
ENGRAFT_API engraft_status engraft_model_load(const char* path, engraft_model** model,
                                              char** error);
ENGRAFT_API void engraft_model_free(engraft_model* model);

ENGRAFT_API size_t engraft_model_class_count(const engraft_model* model);
/* In the order of the logits; NULL for an index beyond the last. */
ENGRAFT_API const char* engraft_model_class_name(const engraft_model* model, size_t index);
/* "resnet18" */
ENGRAFT_API const char* engraft_model_architecture(const engraft_model* model);

/* ---- Predictions ----------------------------------------------------------------------------- */

/* A model made ready once, for all pictures that follow. */
typedef struct engraft_predictor engraft_predictor;

typedef struct engraft_predict_options {
  size_t size;
  const char* precision; /* "auto", "fp32", "bf16", "int8"; NULL: auto */
  int exact;             /* compute convolutions as they are defined, though slower */
  int exact_decode;      /* decode large JPEGs in full */
  int workers;           /* threads for several pictures; 0: one for each processor */
  int keep_weights;      /* in the cache, so that the next process is ready sooner */
} engraft_predict_options;
#define ENGRAFT_PREDICT_OPTIONS_INIT \
  { sizeof(engraft_predict_options), NULL, 0, 0, 0, 0 }

/* `options` may be NULL. */
ENGRAFT_API engraft_status engraft_predictor_new(const engraft_model* model,
                                                 const engraft_predict_options* options,
                                                 engraft_predictor** predictor, char** error);
ENGRAFT_API void engraft_predictor_free(engraft_predictor* predictor);

/* 8-bit red, green, blue, height x width x 3, rows from top to bottom. */
typedef struct engraft_frame {
  const uint8_t* pixels; /* the first row's first */
  int height;
  int width;
  ptrdiff_t stride; /* bytes from a row to the next; 0: 3 x width; below 0: bottom-up */
} engraft_frame;

/* One picture's logits, in the order of the classes: `count` places, at least as many as classes.
 */
ENGRAFT_API engraft_status engraft_predict_file(const engraft_predictor* predictor,
                                                const char* path, float* logits, size_t count,
                                                char** error);
/* The same from a file's bytes: JPEG, PNG, WebP, GIF, TIFF, BMP, PNM. */
ENGRAFT_API engraft_status engraft_predict_encoded(const engraft_predictor* predictor,
                                                   const void* bytes, size_t byte_count,
                                                   float* logits, size_t count, char** error);
/* Of `frame_count` frames, one after another: frame_count x classes places. One frame is computed
 * on the calling thread, several are shared among the workers. */
ENGRAFT_API engraft_status engraft_predict_frames(const engraft_predictor* predictor,
                                                  const engraft_frame* frames, size_t frame_count,
                                                  float* logits, size_t count, char** error);

/* One picture's logits as probabilities; `probabilities` has as many places. */
ENGRAFT_API void engraft_softmax(const float* logits, size_t count, double* probabilities);

/* How many features a picture has; they are what the network's head learnt from. */
ENGRAFT_API size_t engraft_predictor_feature_count(const engraft_predictor* predictor);
/* Of one file: `count` places, at least engraft_predictor_feature_count(). */
ENGRAFT_API engraft_status engraft_features_file(const engraft_predictor* predictor,
                                                 const char* path, float* features, size_t count,
                                                 char** error);
/* Of frames, one after another. */
ENGRAFT_API engraft_status engraft_features_frames(const engraft_predictor* predictor,
                                                   const engraft_frame* frames, size_t frame_count,
                                                   float* features, size_t count, char** error);

/* ---- Only in libengraft: training ------------------------------------------------------------ */

/* The options of `engraft train`, by their names: docs/options.md has them all. */
typedef struct engraft_options engraft_options;

/* All at their defaults; NULL where there is no memory. */
ENGRAFT_API engraft_options* engraft_options_new(void);
/* ("epochs", "3"); flags take "true" and "false". What a value may be is checked at once. */
ENGRAFT_API engraft_status engraft_options_set(engraft_options* options, const char* name,
                                               const char* value, char** error);
ENGRAFT_API void engraft_options_free(engraft_options* options);

typedef struct engraft_validation {
  size_t size;
  int64_t iteration;
  double epoch; /* epochs done, in fractions */
  double train_loss;
  double train_accuracy_percent;
  double val_loss;
  double val_accuracy_percent;
  double seconds; /* since training began */
} engraft_validation;

/* Any may be NULL; `context` is handed to each. */
typedef struct engraft_events {
  size_t size;
  void* context;
  void (*note)(void* context, const char* text);
  void (*progress)(void* context, const char* what, uint64_t done, uint64_t total);
  int (*stop)(void* context); /* not 0: end soon, and keep what was reached */
  void (*validated)(void* context, const engraft_validation* validation);
} engraft_events;
#define ENGRAFT_EVENTS_INIT \
  { sizeof(engraft_events), NULL, NULL, NULL, NULL, NULL }

/* A run's folder, written or read. */
typedef struct engraft_run engraft_run;

/* Trains on class folders. `output` is a new or empty folder (NULL: runs/MODEL-N); `options` and
 * `events` may be NULL. With ENGRAFT_STOPPED there is a run, too. */
ENGRAFT_API engraft_status engraft_train(const char* data, const char* output,
                                         const engraft_options* options,
                                         const engraft_events* events, engraft_run** run,
                                         char** error);
ENGRAFT_API engraft_status engraft_run_open(const char* folder, engraft_run** run, char** error);
ENGRAFT_API void engraft_run_free(engraft_run* run);

ENGRAFT_API const char* engraft_run_folder(const engraft_run* run);
/* Of the best model on the validation side; below 0 where the run has no results. */
ENGRAFT_API double engraft_run_accuracy_percent(const engraft_run* run);
/* The best model. */
ENGRAFT_API engraft_status engraft_run_model_load(const engraft_run* run, engraft_model** model,
                                                  char** error);

#ifdef __cplusplus
}
#endif
