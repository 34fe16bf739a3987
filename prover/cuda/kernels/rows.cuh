// Scalars: the constraints' rows, and the quotient of Groth16 by transforms over the domain.
#pragma once

#include "field.cuh"

struct Term {
  uint32_t column, coefficient;
};

// Canonical words to Montgomery form.
KERNEL to_montgomery(uint32_t threads, Fr *out, const Fr *in) {
  const uint32_t i = this_thread();
  if (i < threads) out[i] = Fr::from_words(in[i]);
}

// One side of every constraint, `Σ coefficient·wire`; coefficient 0 is one.
KERNEL side(uint32_t threads, Fr *out, const uint32_t *ends, const Term *terms, const Fr *coefficients, const Fr *wires) {
  const uint32_t row = this_thread();
  if (row >= threads) return;
  Fr sum = Fr::zero();
  const uint32_t end = ends[row];
  for (uint32_t i = row == 0 ? 0 : ends[row - 1]; i < end; i++) {
    const Term term = terms[i];
    Fr wire = wires[term.column];
    if (term.coefficient != 0) wire = Fr::mul(wire, coefficients[term.coefficient]);
    sum = Fr::add(sum, wire);
  }
  out[row] = sum;
}

// The first row whose sides do not multiply.
KERNEL check(uint32_t threads, uint32_t *broken, const Fr *a, const Fr *b, const Fr *c) {
  const uint32_t row = this_thread();
  if (row < threads && !Fr::equal(Fr::mul(a[row], b[row]), c[row])) lower_to(broken, row);
}

// Stages of a transform that a thread does at once: 2^3 values stay in its registers.
constexpr int FUSED = 3;

HERE void load_values(Fr *values, const Fr *data, uint32_t base, uint32_t distance, int stages) {
#pragma unroll
  for (int m = 0; m < 1 << FUSED; m++)
    if (m < 1 << stages) values[m] = data[base + m * distance];
}

// `stages` stages (1 to 3) of a transform of `size` values, from values in natural order towards coefficients in
// bit-reversed order: the longest distance is `distance << (stages - 1)`. `roots[i]` is the root of the domain to the i.
KERNEL inward(uint32_t threads, Fr *data, const Fr *roots, uint32_t size, uint32_t distance, uint32_t stages) {
  const uint32_t thread = this_thread();
  if (thread >= threads) return;
  const uint32_t j = thread & (distance - 1);
  const uint32_t base = (thread - j << stages) + j;
  Fr values[1 << FUSED];
  load_values(values, data, base, distance, stages);
#pragma unroll
  for (int u = FUSED - 1; u >= 0; u--) {
    if (u >= (int)stages) continue;
    const int half = 1 << u;
    // Roots of order `2·half·distance`.
    const uint32_t step = size / (2 * half * distance);
#pragma unroll
    for (int m = 0; m < 1 << FUSED; m++) {
      if (m >= 1 << stages || (m & half)) continue;
      const Fr low = values[m], high = values[m + half];
      values[m] = Fr::add(low, high);
      values[m + half] = Fr::mul(Fr::sub(low, high), roots[((m & half - 1) * distance + j) * step]);
    }
  }
#pragma unroll
  for (int m = 0; m < 1 << FUSED; m++)
    if (m < 1 << stages) data[base + m * distance] = values[m];
}

// The way back: from coefficients in bit-reversed order to values in natural order; the shortest distance is `distance`.
KERNEL outward(uint32_t threads, Fr *data, const Fr *roots, uint32_t size, uint32_t distance, uint32_t stages) {
  const uint32_t thread = this_thread();
  if (thread >= threads) return;
  const uint32_t j = thread & (distance - 1);
  const uint32_t base = (thread - j << stages) + j;
  Fr values[1 << FUSED];
  load_values(values, data, base, distance, stages);
#pragma unroll
  for (int u = 0; u < FUSED; u++) {
    if (u >= (int)stages) continue;
    const int half = 1 << u;
    const uint32_t step = size / (2 * half * distance);
#pragma unroll
    for (int m = 0; m < 1 << FUSED; m++) {
      if (m >= 1 << stages || (m & half)) continue;
      const Fr low = values[m];
      const Fr high = Fr::mul(values[m + half], roots[((m & half - 1) * distance + j) * step]);
      values[m] = Fr::add(low, high);
      values[m + half] = Fr::sub(low, high);
    }
  }
#pragma unroll
  for (int m = 0; m < 1 << FUSED; m++)
    if (m < 1 << stages) data[base + m * distance] = values[m];
}

// A power from the tables of the low bits (`1 << low_bits` of them) and of the high ones, which holds a factor too.
HERE Fr power(const Fr *low, const Fr *high, uint32_t low_bits, uint32_t k) {
  return Fr::mul(low[k & (1u << low_bits) - 1], high[k >> low_bits]);
}

// Multiplies coefficient k, in its bit-reversed place, by the k-th power.
KERNEL scale(uint32_t threads, Fr *data, const Fr *low, const Fr *high, uint32_t low_bits, uint32_t log2) {
  const uint32_t i = this_thread();
  if (i < threads) data[i] = Fr::mul(data[i], power(low, high, low_bits, reverse_bits(i) >> (32 - log2)));
}

// `a ← a·b`.
KERNEL multiply(uint32_t threads, Fr *a, const Fr *b) {
  const uint32_t i = this_thread();
  if (i < threads) a[i] = Fr::mul(a[i], b[i]);
}

// `product·power - c·factor`, out of bit-reversed places into natural order, as canonical words.
KERNEL quotient(uint32_t threads, Fr *out, const Fr *product, const Fr *c, const Fr *low, const Fr *high,
                uint32_t low_bits, const Fr *factor, uint32_t log2) {
  const uint32_t i = this_thread();
  if (i >= threads) return;
  const uint32_t k = reverse_bits(i) >> (32 - log2);
  const Fr scaled = Fr::mul(product[i], power(low, high, low_bits, k));
  out[k] = Fr::to_words(Fr::sub(scaled, Fr::mul(c[i], factor[0])));
}
