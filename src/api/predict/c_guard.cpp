#include "api/predict/c_guard.h"

#include <cstdlib>
#include <new>

namespace engraft::api {
namespace {

// Where not even the text finds room there is only the status.
engraft_status fail(char** error, engraft_status status, const char* text) noexcept {
  if (error != nullptr) *error = ::strdup(text);
  return status;
}

}  // namespace

engraft_status failure(char** error) noexcept {
  try {
    throw;
  } catch (const OptionError& problem) {
    return fail(error, ENGRAFT_WRONG_OPTION, problem.what());
  } catch (const std::bad_alloc&) {
    return fail(error, ENGRAFT_FAILED, "out of memory");
  } catch (const std::exception& problem) {
    return fail(error, ENGRAFT_FAILED, problem.what());
  } catch (...) {
    return fail(error, ENGRAFT_FAILED, "an exception of another program's");
  }
}

void require(const void* pointer, const char* what) {
  if (pointer == nullptr) throw Error(std::string(what) + " is NULL");
}

}  // namespace engraft::api
