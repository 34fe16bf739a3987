// The kernels on a processor, one thread after the other. They have no barriers, so any order of threads will do.
#include <stddef.h>
#include <string.h>

#include <utility>

#include "../kernels/rows.cuh"
#include "../kernels/sums.cuh"

template <class... A, size_t... I>
static void run(void (*kernel)(uint32_t, A...), uint32_t threads, void *const *arguments, std::index_sequence<I...>) {
  // More threads than asked for, as in the last block on a card.
  for (uint32_t thread = 0; thread < threads + 3; thread++) {
    shim_thread = thread;
    kernel(threads, *(A *)arguments[I]...);
  }
}

template <class... A>
static bool call(void (*kernel)(uint32_t, A...), uint32_t threads, void *const *arguments, size_t count) {
  if (count != sizeof...(A)) return false;
  run(kernel, threads, arguments, std::index_sequence_for<A...>{});
  return true;
}

// False for a kernel that does not exist, or with another number of arguments.
extern "C" bool cloister_cuda_shim(const char *name, uint32_t threads, void *const *arguments, size_t count) {
#define CASE(kernel) \
  if (strcmp(name, #kernel) == 0) return call(kernel, threads, arguments, count)
  CASE(to_montgomery);
  CASE(side);
  CASE(check);
  CASE(inward);
  CASE(outward);
  CASE(scale);
  CASE(multiply);
  CASE(quotient);
  CASE(count_digits);
  CASE(place_digits);
  CASE(sum_counts);
  CASE(begin_counts);
  CASE(accumulate_g1);
  CASE(accumulate_g2);
  CASE(join_parts_g1);
  CASE(join_parts_g2);
  CASE(weigh_g1);
  CASE(weigh_g2);
  CASE(add_points_g1);
  CASE(add_points_g2);
  CASE(tabulate_g1);
  CASE(tabulate_g2);
  return false;
}
