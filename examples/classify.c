/* What is on pictures, in C.
 *   classify MODEL PICTURE... */
#include <stdio.h>
#include <stdlib.h>

#include "engraft/engraft.h"

static int fail(char* error) {
  fprintf(stderr, "%s\n", error);
  engraft_free(error);
  return 1;
}

int main(int argc, char** argv) {
  engraft_model* model = NULL;
  engraft_predictor* predictor = NULL;
  char* error = NULL;
  if (argc < 3) return puts("classify MODEL PICTURE..."), 2;
  if (engraft_model_load(argv[1], &model, &error) != ENGRAFT_OK) return fail(error);
  if (engraft_predictor_new(model, NULL, &predictor, &error) != ENGRAFT_OK) return fail(error);

  size_t classes = engraft_model_class_count(model);
  float* logits = malloc(classes * sizeof *logits);
  double* probabilities = malloc(classes * sizeof *probabilities);
  for (int i = 2; i < argc; ++i) {
    size_t best = 0;
    if (engraft_predict_file(predictor, argv[i], logits, classes, &error) != ENGRAFT_OK)
      return fail(error);
    engraft_softmax(logits, classes, probabilities);
    for (size_t k = 1; k < classes; ++k)
      if (probabilities[k] > probabilities[best]) best = k;
    printf("%s: %s %.2f %%\n", argv[i], engraft_model_class_name(model, best),
           100 * probabilities[best]);
  }
  free(probabilities);
  free(logits);
  engraft_predictor_free(predictor);
  engraft_model_free(model);
  return 0;
}
