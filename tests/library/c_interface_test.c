/* The C interface from plain C, against the shared library: a training on striped pictures in
 * FOLDER (which is made), its model, predictions, features, and what is wrong. */
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "check.h"
#include "engraft/engraft.h"

enum { kSide = 48, kPictures = 12, kBytes = kSide * kSide * 3 };

/* Stripes across or down; `seed` moves them. */
static void draw(uint8_t* pixels, int down, int seed) {
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const int bright = ((down ? x : y) + seed) / 4 % 2;
      for (int c = 0; c < 3; ++c) {
        pixels[(y * kSide + x) * 3 + c] = (uint8_t)((bright ? 200 : 40) + (seed * 7 + c) % 40);
      }
    }
  }
}

static void write_picture(const char* path, const uint8_t* pixels) {
  FILE* file = fopen(path, "wb");
  CHECK(file != NULL);
  fprintf(file, "P6\n%d %d\n255\n", kSide, kSide);
  CHECK(fwrite(pixels, 1, kBytes, file) == kBytes);
  CHECK(fclose(file) == 0);
}

static void join(char* path, const char* folder, const char* name) {
  CHECK(snprintf(path, 1000, "%s/%s", folder, name) < 1000);
}

static void write_data(const char* folder) {
  static const char* const kNames[] = {"data", "data/across", "data/down"};
  char path[1000];
  uint8_t pixels[kBytes];
  mkdir(folder, 0777);
  for (int i = 0; i < 3; ++i) {
    join(path, folder, kNames[i]);
    mkdir(path, 0777);
  }
  for (int i = 0; i < 2 * kPictures; ++i) {
    char name[100];
    snprintf(name, sizeof name, "data/%s/%d.ppm", i % 2 ? "down" : "across", i);
    join(path, folder, name);
    draw(pixels, i % 2, i);
    write_picture(path, pixels);
  }
}

struct seen {
  int validations;
  int progress;
  int stop_after;
  double accuracy;
};

static void on_validated(void* context, const engraft_validation* validation) {
  struct seen* seen = context;
  CHECK(validation->size == sizeof *validation);
  ++seen->validations;
  seen->accuracy = validation->val_accuracy_percent;
}

static void on_progress(void* context, const char* what, uint64_t done, uint64_t total) {
  CHECK(what != NULL && (total == 0 || done <= total));
  ++((struct seen*)context)->progress;
}

static int on_stop(void* context) {
  const struct seen* seen = context;
  return seen->stop_after > 0 && seen->validations >= seen->stop_after;
}

static engraft_options* quick_options(void) {
  engraft_options* options = engraft_options_new();
  char* error = NULL;
  CHECK(options != NULL);
  CHECK_OK(engraft_options_set(options, "model", "sprout", &error));
  CHECK_OK(engraft_options_set(options, "epochs", "3", &error));
  CHECK_OK(engraft_options_set(options, "batch", "8", &error));
  CHECK(engraft_options_set(options, "epochs", "none", &error) == ENGRAFT_WRONG_OPTION);
  CHECK(strstr(error, "epochs none") != NULL);
  engraft_free(error);
  CHECK(engraft_options_set(options, "epoch", "3", NULL) == ENGRAFT_WRONG_OPTION);
  return options;
}

static engraft_run* test_training(const char* folder) {
  char data[1000];
  char output[1000];
  struct seen seen = {0};
  engraft_events events = ENGRAFT_EVENTS_INIT;
  engraft_options* options = quick_options();
  engraft_run* run = NULL;
  char* error = NULL;
  events.context = &seen;
  events.validated = on_validated;
  events.progress = on_progress;
  join(data, folder, "data");
  join(output, folder, "run");
  CHECK_OK(engraft_train(data, output, options, &events, &run, &error));
  CHECK(seen.validations == 3 && seen.progress > 0);
  CHECK(strcmp(engraft_run_folder(run), output) == 0);
  CHECK(engraft_run_accuracy_percent(run) >= seen.accuracy);

  /* Stopped: there is a run, too. */
  engraft_run* stopped = NULL;
  seen.validations = 0;
  seen.stop_after = 1;
  events.stop = on_stop;
  join(output, folder, "stopped");
  CHECK(engraft_train(data, output, options, &events, &stopped, &error) == ENGRAFT_STOPPED);
  CHECK(stopped != NULL && engraft_run_accuracy_percent(stopped) >= 0);
  engraft_run_free(stopped);

  /* The folder is not empty any more. */
  CHECK(engraft_train(data, output, options, NULL, &stopped, &error) == ENGRAFT_FAILED);
  CHECK(strstr(error, "stopped") != NULL);
  engraft_free(error);
  engraft_options_free(options);
  return run;
}

static void test_predictions(const char* folder, const engraft_predictor* predictor) {
  uint8_t pixels[2][kBytes];
  float of_file[2];
  float of_frames[4];
  float of_bytes[2];
  double probabilities[2];
  char path[1000];
  char* error = NULL;
  draw(pixels[0], 0, 4);
  draw(pixels[1], 1, 5);
  join(path, folder, "data/down/5.ppm");
  CHECK_OK(engraft_predict_file(predictor, path, of_file, 2, &error));
  const engraft_frame frames[2] = {{pixels[0], kSide, kSide, 0}, {pixels[1], kSide, kSide, 0}};
  CHECK_OK(engraft_predict_frames(predictor, frames, 2, of_frames, 4, &error));
  CHECK(memcmp(of_file, of_frames + 2, sizeof of_file) == 0);

  unsigned char bytes[kBytes + 100];
  FILE* file = fopen(path, "rb");
  CHECK(file != NULL);
  const size_t size = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  CHECK_OK(engraft_predict_encoded(predictor, bytes, size, of_bytes, 2, &error));
  CHECK(memcmp(of_file, of_bytes, sizeof of_file) == 0);
  engraft_softmax(of_file, 2, probabilities);
  CHECK(fabs(probabilities[0] + probabilities[1] - 1) < 1e-12);

  const size_t features = engraft_predictor_feature_count(predictor);
  CHECK(features == 192);
  float* own = malloc(3 * features * sizeof *own);
  CHECK(own != NULL);
  CHECK_OK(engraft_features_frames(predictor, frames, 2, own, 2 * features, &error));
  CHECK_OK(engraft_features_file(predictor, path, own + 2 * features, features, &error));
  CHECK(memcmp(own + features, own + 2 * features, features * sizeof *own) == 0);
  free(own);
}

static void test_mistakes(const engraft_model* model, const engraft_predictor* predictor) {
  char* error = NULL;
  engraft_model* none = NULL;
  engraft_predictor* no_predictor = NULL;
  engraft_predict_options options = ENGRAFT_PREDICT_OPTIONS_INIT;
  float logits[2];
  CHECK(engraft_model_load("/no/such/model", &none, &error) == ENGRAFT_FAILED && none == NULL);
  CHECK(strstr(error, "/no/such/model") != NULL);
  engraft_free(error);
  CHECK(engraft_model_load(NULL, &none, NULL) == ENGRAFT_FAILED);
  CHECK(engraft_predict_file(predictor, "/no/such/picture", logits, 2, &error) == ENGRAFT_FAILED);
  CHECK(strstr(error, "/no/such/picture") != NULL);
  engraft_free(error);
  const engraft_frame empty = {NULL, 1, 1, 0};
  CHECK(engraft_predict_frames(predictor, &empty, 1, logits, 2, NULL) == ENGRAFT_FAILED);
  CHECK(engraft_predict_frames(predictor, NULL, 0, NULL, 0, NULL) == ENGRAFT_OK);
  CHECK(engraft_predict_frames(NULL, &empty, 1, logits, 2, NULL) == ENGRAFT_FAILED);
  options.precision = "fp16";
  CHECK(engraft_predictor_new(model, &options, &no_predictor, NULL) == ENGRAFT_WRONG_OPTION);
  options.size = 0;
  CHECK(engraft_predictor_new(model, &options, &no_predictor, NULL) == ENGRAFT_FAILED);
  /* What a program of an earlier version knew of the struct. */
  options.size = sizeof options.size;
  CHECK_OK(engraft_predictor_new(model, &options, &no_predictor, &error));
  engraft_predictor_free(no_predictor);
  CHECK(engraft_model_class_name(model, 2) == NULL);
  engraft_model_free(NULL);
  engraft_predictor_free(NULL);
  engraft_run_free(NULL);
  engraft_options_free(NULL);
  engraft_free(NULL);
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  char* error = NULL;
  write_data(argv[1]);
  engraft_run* run = test_training(argv[1]);
  engraft_model* model = NULL;
  engraft_predictor* predictor = NULL;
  CHECK_OK(engraft_run_model_load(run, &model, &error));
  CHECK(engraft_model_class_count(model) == 2);
  CHECK(strcmp(engraft_model_class_name(model, 1), "down") == 0);
  CHECK(strcmp(engraft_model_architecture(model), "sprout") == 0);
  CHECK_OK(engraft_predictor_new(model, NULL, &predictor, &error));
  test_predictions(argv[1], predictor);
  test_mistakes(model, predictor);
  /* None needs what it was made from. */
  engraft_run_free(run);
  engraft_model_free(model);
  test_predictions(argv[1], predictor);
  engraft_predictor_free(predictor);
  printf("engraft %s: the C interface keeps its promises\n", engraft_version());
  return 0;
}
