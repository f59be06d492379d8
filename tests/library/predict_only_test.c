/* The predicting library alone: it reads the model of the run in FOLDER, and refuses one of 0.1.0
 * with the way out. */
#include <string.h>

#include "check.h"
#include "engraft/engraft.h"

/* The file as 0.1.0 would have written it: without its network. */
static void write_old_model(const char* from, const char* to) {
  FILE* file = fopen(from, "rb");
  CHECK(file != NULL);
  fseek(file, 0, SEEK_END);
  const long size = ftell(file);
  rewind(file);
  char* bytes = malloc((size_t)size);
  CHECK(bytes != NULL && fread(bytes, 1, (size_t)size, file) == (size_t)size);
  fclose(file);
  long at = 0;
  while (at + 8 < size && memcmp(bytes + at, "\"graph\":", 8) != 0) ++at;
  CHECK(at + 8 < size);
  memcpy(bytes + at, "\"other\":", 8);
  file = fopen(to, "wb");
  CHECK(file != NULL && fwrite(bytes, 1, (size_t)size, file) == (size_t)size);
  CHECK(fclose(file) == 0);
  free(bytes);
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  char path[1000];
  char old[1000];
  char* error = NULL;
  engraft_model* model = NULL;
  engraft_predictor* predictor = NULL;
  float logits[2];
  snprintf(path, sizeof path, "%s/run", argv[1]);
  CHECK_OK(engraft_model_load(path, &model, &error));
  CHECK_OK(engraft_predictor_new(model, NULL, &predictor, &error));
  snprintf(path, sizeof path, "%s/data/down/5.ppm", argv[1]);
  CHECK_OK(engraft_predict_file(predictor, path, logits, 2, &error));
  engraft_predictor_free(predictor);
  engraft_model_free(model);

  snprintf(path, sizeof path, "%s/run/best.safetensors", argv[1]);
  snprintf(old, sizeof old, "%s/old.safetensors", argv[1]);
  write_old_model(path, old);
  CHECK(engraft_model_load(old, &model, &error) == ENGRAFT_FAILED);
  CHECK(strstr(error, "engraft convert") != NULL);
  engraft_free(error);
  return 0;
}
