// Multi-exponentiation, `Σ scalar_i·base_i`, by Pippenger's buckets over signed digits.
//
// The multiples `2^(width·k)·base_i` of every base are tabulated when a key is loaded, so the digits of all windows
// share one set of buckets. A counting sort puts the entries in the order of their buckets; threads then add equal
// numbers of entries, wherever buckets begin and end, so that no distribution of digits leaves most of them idle.
#pragma once

#include "curve.cuh"

// No bucket.
constexpr uint32_t NONE = 0xffffffff;
// Scalars that one thread cuts into digits: what lands in the fullest bucket (zeros and ones are most of a witness) it
// counts for all of them at once.
constexpr uint32_t SCALARS = 16;

// Calls `put(window, bucket, negative)` for every digit that is not zero. A scalar (canonical words) above r/2 stands
// for minus its complement, so that all have 254 bits, and small negative ones few.
template <class Put>
HERE void digits(const Fr &scalar, uint32_t width, Put put) {
  uint32_t words[8], complement[8], any = 0;
#pragma unroll
  for (int i = 0; i < 8; i++) any |= words[i] = scalar.w[i];
  if (any == 0) return;
  complement[0] = sub_cc(ScalarModulus::limb(0), words[0]);
#pragma unroll
  for (int i = 1; i < 7; i++) complement[i] = subc_cc(ScalarModulus::limb(i), words[i]);
  complement[7] = subc(ScalarModulus::limb(7), words[7]);
  // complement < words?
  sub_cc(complement[0], words[0]);
#pragma unroll
  for (int i = 1; i < 8; i++) subc_cc(complement[i], words[i]);
  const bool negative = subc(0, 0) != 0;
#pragma unroll
  for (int i = 0; i < 8; i++) words[i] = negative ? complement[i] : words[i];
  const uint32_t mask = (1u << width) - 1, half = 1u << (width - 1);
  uint32_t carry = 0;
  for (uint32_t window = 0;; window++) {
    uint32_t left = carry;
#pragma unroll
    for (int i = 0; i < 8; i++) left |= words[i];
    if (left == 0) return;
    uint32_t digit = (words[0] & mask) + carry;
#pragma unroll
    for (int i = 0; i < 7; i++) words[i] = words[i] >> width | words[i + 1] << (32 - width);
    words[7] >>= width;
    carry = digit > half;
    if (carry) digit = (1u << width) - digit;
    if (digit != 0) put(window, digit - 1, (carry != 0) != negative);
  }
}

// The scalar of base `i`: `scalars[list[i]]`, or `scalars[i]` without a list.
HERE const Fr &scalar_of(const Fr *scalars, const uint32_t *list, uint32_t i) {
  return scalars[list ? list[i] : i];
}

// Counts the entries of every bucket.
KERNEL count_digits(uint32_t threads, uint32_t *counts, const Fr *scalars, const uint32_t *list, uint32_t count,
                    uint32_t width) {
  const uint32_t thread = this_thread();
  if (thread >= threads) return;
  uint32_t ones = 0;
  for (uint32_t j = 0; j < SCALARS; j++) {
    const uint32_t i = thread + j * threads;
    if (i >= count) break;
    digits(scalar_of(scalars, list, i), width, [&](uint32_t, uint32_t bucket, bool) {
      if (bucket == 0)
        ones++;
      else
        fetch_add(counts + bucket, 1);
    });
  }
  if (ones != 0) fetch_add(counts, ones);
}

// Puts the entries into the order of their buckets; `places` holds where each bucket begins, and ends as where it ends.
// An entry is a place in the table of multiples, shifted left by one, and the sign.
KERNEL place_digits(uint32_t threads, uint32_t *order, uint32_t *places, const Fr *scalars, const uint32_t *list,
                    uint32_t count, uint32_t width) {
  const uint32_t thread = this_thread();
  if (thread >= threads) return;
  uint32_t ones = 0;
  for (uint32_t j = 0; j < SCALARS; j++) {
    const uint32_t i = thread + j * threads;
    if (i >= count) break;
    digits(scalar_of(scalars, list, i), width, [&](uint32_t, uint32_t bucket, bool) { ones += bucket == 0; });
  }
  uint32_t first = ones == 0 ? 0 : fetch_add(places, ones);
  for (uint32_t j = 0; j < SCALARS; j++) {
    const uint32_t i = thread + j * threads;
    if (i >= count) break;
    digits(scalar_of(scalars, list, i), width, [&](uint32_t window, uint32_t bucket, bool negative) {
      const uint32_t place = bucket == 0 ? first++ : fetch_add(places + bucket, 1);
      order[place] = (window * count + i) << 1 | negative;
    });
  }
}

// Sums of `chunk` counts each.
KERNEL sum_counts(uint32_t threads, uint32_t *sums, const uint32_t *counts, uint32_t count, uint32_t chunk) {
  const uint32_t thread = this_thread();
  if (thread >= threads) return;
  uint32_t sum = 0;
  for (uint32_t i = thread * chunk; i < count && i < (thread + 1) * chunk; i++) sum += counts[i];
  sums[thread] = sum;
}

// Turns counts into where each begins; `starts[thread]` is where the chunk begins (absent for a single one).
KERNEL begin_counts(uint32_t threads, uint32_t *counts, const uint32_t *starts, uint32_t count, uint32_t chunk) {
  const uint32_t thread = this_thread();
  if (thread >= threads) return;
  uint32_t sum = starts ? starts[thread] : 0;
  for (uint32_t i = thread * chunk; i < count && i < (thread + 1) * chunk; i++) {
    const uint32_t own = counts[i];
    counts[i] = sum;
    sum += own;
  }
}

// The first bucket that ends behind `place`.
HERE uint32_t bucket_at(const uint32_t *ends, uint32_t buckets, uint32_t place) {
  uint32_t low = 0, high = buckets - 1;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    if (ends[middle] > place)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

// Each thread adds `chunk` entries. Buckets that begin and end inside of them are done; the first and the last one may
// go on elsewhere and become parts, two for each thread.
template <class F>
HERE void accumulate(uint32_t threads, Xyzz<F> *sums, uint32_t *part_buckets, Xyzz<F> *parts, const Affine<F> *table,
                     const uint32_t *order, const uint32_t *ends, uint32_t buckets, uint32_t chunk) {
  const uint32_t thread = this_thread();
  if (thread >= threads) return;
  part_buckets[2 * thread] = NONE;
  part_buckets[2 * thread + 1] = NONE;
  const uint32_t total = ends[buckets - 1], start = thread * chunk;
  if (start >= total) return;
  const uint32_t end = total - start < chunk ? total : start + chunk;
  uint32_t bucket = bucket_at(ends, buckets, start);
  uint32_t stop = ends[bucket];
  Xyzz<F> sum = Xyzz<F>::infinity();
  bool first = true;
#pragma unroll 1
  for (uint32_t i = start; i < end; i++) {
    if (i == stop) {
      if (first) {
        part_buckets[2 * thread] = bucket;
        parts[2 * thread] = sum;
        first = false;
      } else {
        sums[bucket] = sum;
      }
      sum = Xyzz<F>::infinity();
      do stop = ends[++bucket];
      while (stop == i);
    }
    const uint32_t entry = order[i];
    Affine<F> point = table[entry >> 1];
    if (entry & 1) point.y = F::neg(point.y);
    Xyzz<F>::add_affine(sum, point);
  }
  part_buckets[2 * thread + 1] = bucket;
  parts[2 * thread + 1] = sum;
}

// The same over parts, which come in the order of their buckets. A single thread (`last`) finishes all.
template <class F>
HERE void join_parts(uint32_t threads, Xyzz<F> *sums, uint32_t *out_buckets, Xyzz<F> *out, const uint32_t *in_buckets,
                     const Xyzz<F> *in, uint32_t count, uint32_t chunk, uint32_t last) {
  const uint32_t thread = this_thread();
  if (thread >= threads) return;
  Xyzz<F> sum = Xyzz<F>::infinity();
  uint32_t bucket = NONE, first = last ? NONE : 0, first_bucket = NONE;
#pragma unroll 1
  for (uint32_t i = thread * chunk; i < count && i < (thread + 1) * chunk; i++) {
    const uint32_t own = in_buckets[i];
    if (own == NONE) continue;
    if (own != bucket && bucket != NONE) {
      if (first == 0) {
        first = NONE;
        first_bucket = bucket;
        out[2 * thread] = sum;
      } else {
        sums[bucket] = sum;
      }
      sum = Xyzz<F>::infinity();
    }
    bucket = own;
    Xyzz<F>::add(sum, in[i]);
  }
  if (last) {
    if (bucket != NONE) sums[bucket] = sum;
    return;
  }
  out_buckets[2 * thread] = first_bucket;
  out_buckets[2 * thread + 1] = bucket;
  if (bucket != NONE) out[2 * thread + 1] = sum;
}

// `Σ (k + 1)·bucket_k` of `chunk` buckets, by running sums.
template <class F>
HERE void weigh(uint32_t threads, Xyzz<F> *out, const Xyzz<F> *sums, uint32_t chunk) {
  const uint32_t thread = this_thread();
  if (thread >= threads) return;
  Xyzz<F> running = Xyzz<F>::infinity(), total = Xyzz<F>::infinity();
#pragma unroll 1
  for (uint32_t i = chunk; i-- > 0;) {
    Xyzz<F>::add(running, sums[thread * chunk + i]);
    Xyzz<F>::add(total, running);
  }
  Xyzz<F>::add(total, Xyzz<F>::times(running, thread * chunk));
  out[thread] = total;
}

// Sums of `fan` points each, `threads` apart; with `finish` the last sum, its coordinates below the modulus.
template <class F>
HERE void add_points(uint32_t threads, Xyzz<F> *out, const Xyzz<F> *in, uint32_t count, uint32_t finish) {
  const uint32_t thread = this_thread();
  if (thread >= threads) return;
  Xyzz<F> sum = Xyzz<F>::infinity();
#pragma unroll 1
  for (uint32_t i = thread; i < count; i += threads) Xyzz<F>::add(sum, in[i]);
  if (finish) {
    sum.x = F::canonical(sum.x);
    sum.y = F::canonical(sum.y);
    sum.zz = F::canonical(sum.zz);
    sum.zzz = F::canonical(sum.zzz);
  }
  out[thread] = sum;
}

// Points whose inversion a thread does at once.
constexpr uint32_t TABULATED = 4;

// The next window of a table: `2^width` times every point of the one before.
template <class F>
HERE void tabulate(uint32_t threads, Affine<F> *out, const Affine<F> *in, uint32_t count, uint32_t width) {
  const uint32_t thread = this_thread();
  if (thread >= threads) return;
  Xyzz<F> points[TABULATED];
  F before[TABULATED];
  F product = F::one();
  const uint32_t first = thread * TABULATED;
  const uint32_t own = count - first < TABULATED ? count - first : TABULATED;
#pragma unroll 1
  for (uint32_t i = 0; i < own; i++) {
    Xyzz<F> point = Xyzz<F>::from(in[first + i]);
#pragma unroll 1
    for (uint32_t k = 0; k < width; k++) point = Xyzz<F>::twice(point);
    before[i] = product;
    // The order of the group is odd, so no multiple by a power of two is infinity.
    product = F::mul(product, point.zzz);
    points[i] = point;
  }
  F inverse = F::invert(product);
#pragma unroll 1
  for (uint32_t i = own; i-- > 0;) {
    const F own_inverse = F::mul(inverse, before[i]);
    inverse = F::mul(inverse, points[i].zzz);
    const F z_inverse = F::mul(own_inverse, points[i].zz);
    out[first + i].x = F::canonical(F::mul(points[i].x, F::sqr(z_inverse)));
    out[first + i].y = F::canonical(F::mul(points[i].y, own_inverse));
  }
}

#define SUM_KERNELS(NAME, F, BLOCKS)                                                                                  \
  KERNEL BOUNDS(BLOCKS) accumulate_##NAME(uint32_t threads, Xyzz<F> *sums, uint32_t *part_buckets, Xyzz<F> *parts,    \
                                          const Affine<F> *table, const uint32_t *order, const uint32_t *ends,        \
                                          uint32_t buckets, uint32_t chunk) {                                         \
    accumulate(threads, sums, part_buckets, parts, table, order, ends, buckets, chunk);                               \
  }                                                                                                                   \
  KERNEL BOUNDS(BLOCKS) join_parts_##NAME(uint32_t threads, Xyzz<F> *sums, uint32_t *out_buckets, Xyzz<F> *out,       \
                                          const uint32_t *in_buckets, const Xyzz<F> *in, uint32_t count,              \
                                          uint32_t chunk, uint32_t last) {                                            \
    join_parts(threads, sums, out_buckets, out, in_buckets, in, count, chunk, last);                                  \
  }                                                                                                                   \
  KERNEL BOUNDS(BLOCKS) weigh_##NAME(uint32_t threads, Xyzz<F> *out, const Xyzz<F> *sums, uint32_t chunk) {           \
    weigh(threads, out, sums, chunk);                                                                                 \
  }                                                                                                                   \
  KERNEL BOUNDS(BLOCKS) add_points_##NAME(uint32_t threads, Xyzz<F> *out, const Xyzz<F> *in, uint32_t count,          \
                                          uint32_t finish) {                                                          \
    add_points(threads, out, in, count, finish);                                                                      \
  }                                                                                                                   \
  KERNEL BOUNDS(BLOCKS) tabulate_##NAME(uint32_t threads, Affine<F> *out, const Affine<F> *in, uint32_t count,        \
                                        uint32_t width) {                                                             \
    tabulate(threads, out, in, count, width);                                                                         \
  }

SUM_KERNELS(g1, Fp, 4)
SUM_KERNELS(g2, Fp2, 2)
