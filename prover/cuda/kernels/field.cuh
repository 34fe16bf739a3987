// The fields of BLS12-381 in Montgomery form, limbs of 32 bits, least significant first.
#pragma once

#include "device.cuh"

// The base field: 12 limbs. Values are kept below 2p (4p fits 384 bits), and brought below p only where they leave.
struct BaseModulus {
  static constexpr int limbs = 12;
  static constexpr uint32_t negated_inverse = 0xfffcfffd;
  HERE uint32_t limb(int i) {
    const uint32_t value[12] = {0xffffaaab, 0xb9feffff, 0xb153ffff, 0x1eabfffe, 0xf6b0f624, 0x6730d2a0,
                                0xf38512bf, 0x64774b84, 0x434bacd7, 0x4b1ba7b6, 0x397fe69a, 0x1a0111ea};
    return value[i];
  }
  HERE uint32_t twice(int i) {
    const uint32_t value[12] = {0xffff5556, 0x73fdffff, 0x62a7ffff, 0x3d57fffd, 0xed61ec48, 0xce61a541,
                                0xe70a257e, 0xc8ee9709, 0x869759ae, 0x96374f6c, 0x72ffcd34, 0x340223d4};
    return value[i];
  }
};

// The scalar field: 8 limbs, always below r (4r does not fit 256 bits).
struct ScalarModulus {
  static constexpr int limbs = 8;
  static constexpr uint32_t negated_inverse = 0xffffffff;
  HERE uint32_t limb(int i) {
    const uint32_t value[8] = {0x00000001, 0xffffffff, 0xfffe5bfe, 0x53bda402,
                               0x09a1d805, 0x3339d808, 0x299d7d48, 0x73eda753};
    return value[i];
  }
};

// One limb of the second factor, and the reduction that makes the sum divisible by 2^32.
//
// The sum so far is `even + odd·2^32`. Products of even limbs of `a` (and of the modulus) start at even places, those of
// odd ones at odd places, so each row of products is one chain of carries.
template <class M>
HERE void reduce_row(uint32_t *even, uint32_t *odd) {
  constexpr int n = M::limbs;
  const uint32_t m = mul_lo(even[0], M::negated_inverse);
  odd[0] = mad_lo_cc(M::limb(1), m, odd[0]);
  odd[1] = madc_hi_cc(M::limb(1), m, odd[1]);
#pragma unroll
  for (int j = 2; j < n; j += 2) {
    odd[j] = madc_lo_cc(M::limb(j + 1), m, odd[j]);
    odd[j + 1] = madc_hi_cc(M::limb(j + 1), m, odd[j + 1]);
  }
  even[0] = mad_lo_cc(M::limb(0), m, even[0]);
  even[1] = madc_hi_cc(M::limb(0), m, even[1]);
#pragma unroll
  for (int j = 2; j < n; j += 2) {
    even[j] = madc_lo_cc(M::limb(j), m, even[j]);
    even[j + 1] = madc_hi_cc(M::limb(j), m, even[j + 1]);
  }
  odd[n - 1] = addc(odd[n - 1], 0);
}

// Divides by 2^32 what `reduce_row` has made divisible, and adds `a·b`: what was odd is even now. `even` is the array
// that was odd, `odd` the one that was even.
template <class M>
HERE void next_row(uint32_t *even, uint32_t *odd, const uint32_t *a, uint32_t b) {
  constexpr int n = M::limbs;
  even[0] = add_cc(even[0], odd[1]);
#pragma unroll
  for (int j = 0; j < n - 2; j += 2) {
    odd[j] = madc_lo_cc(a[j + 1], b, odd[j + 2]);
    odd[j + 1] = madc_hi_cc(a[j + 1], b, odd[j + 3]);
  }
  odd[n - 2] = madc_lo_cc(a[n - 1], b, 0);
  odd[n - 1] = madc_hi(a[n - 1], b, 0);
  even[0] = mad_lo_cc(a[0], b, even[0]);
  even[1] = madc_hi_cc(a[0], b, even[1]);
#pragma unroll
  for (int j = 2; j < n; j += 2) {
    even[j] = madc_lo_cc(a[j], b, even[j]);
    even[j + 1] = madc_hi_cc(a[j], b, even[j + 1]);
  }
  odd[n - 1] = addc(odd[n - 1], 0);
}

// `a·b / 2^(32 n)`, below `a·b / 2^(32 n) + modulus`.
template <class M>
HERE void montgomery(uint32_t *out, const uint32_t *a, const uint32_t *b) {
  constexpr int n = M::limbs;
  uint32_t x[n], y[n];
#pragma unroll
  for (int j = 0; j < n; j += 2) {
    x[j] = mul_lo(a[j], b[0]);
    x[j + 1] = mul_hi(a[j], b[0]);
    y[j] = mul_lo(a[j + 1], b[0]);
    y[j + 1] = mul_hi(a[j + 1], b[0]);
  }
  reduce_row<M>(x, y);
#pragma unroll
  for (int i = 1; i < n; i += 2) {
    next_row<M>(y, x, a, b[i]);
    reduce_row<M>(y, x);
    if (i + 1 < n) {
      next_row<M>(x, y, a, b[i + 1]);
      reduce_row<M>(x, y);
    }
  }
  // `y` is even: its lowest limb is zero.
  out[0] = add_cc(x[0], y[1]);
#pragma unroll
  for (int j = 1; j < n - 1; j++) out[j] = addc_cc(x[j], y[j + 1]);
  out[n - 1] = addc(x[n - 1], 0);
}

// Subtracts `m` unless the value is below it.
template <int n, uint32_t (*m)(int)>
HERE void subtract_once(uint32_t *value) {
  uint32_t less[n];
  less[0] = sub_cc(value[0], m(0));
#pragma unroll
  for (int i = 1; i < n; i++) less[i] = subc_cc(value[i], m(i));
  const uint32_t borrow = subc(0, 0);
#pragma unroll
  for (int i = 0; i < n; i++) value[i] = borrow ? value[i] : less[i];
}

template <int n>
HERE void add_limbs(uint32_t *out, const uint32_t *a, const uint32_t *b) {
  out[0] = add_cc(a[0], b[0]);
#pragma unroll
  for (int i = 1; i < n - 1; i++) out[i] = addc_cc(a[i], b[i]);
  out[n - 1] = addc(a[n - 1], b[n - 1]);
}

// `a - b`, plus `m` where that is negative.
template <int n, uint32_t (*m)(int)>
HERE void subtract_limbs(uint32_t *out, const uint32_t *a, const uint32_t *b) {
  out[0] = sub_cc(a[0], b[0]);
#pragma unroll
  for (int i = 1; i < n; i++) out[i] = subc_cc(a[i], b[i]);
  const uint32_t borrow = subc(0, 0);
  out[0] = add_cc(out[0], m(0) & borrow);
#pragma unroll
  for (int i = 1; i < n - 1; i++) out[i] = addc_cc(out[i], m(i) & borrow);
  out[n - 1] = addc(out[n - 1], m(n - 1) & borrow);
}

struct alignas(16) Fr {
  uint32_t w[8];

  HERE Fr zero() { return Fr{{0, 0, 0, 0, 0, 0, 0, 0}}; }
  // 2^512 mod r: takes canonical words into Montgomery form.
  HERE Fr square_of_radix() {
    return Fr{{0xf3f29c6d, 0xc999e990, 0x87925c23, 0x2b6cedcb, 0x7254398f, 0x05d31496, 0x9f59ff11, 0x0748d9d9}};
  }
  HERE bool equal(const Fr &a, const Fr &b) {
    uint32_t different = 0;
    for (int i = 0; i < 8; i++) different |= a.w[i] ^ b.w[i];
    return different == 0;
  }
  HERE Fr mul(const Fr &a, const Fr &b) {
    Fr out;
    montgomery<ScalarModulus>(out.w, a.w, b.w);
    subtract_once<8, ScalarModulus::limb>(out.w);
    return out;
  }
  HERE Fr add(const Fr &a, const Fr &b) {
    Fr out;
    add_limbs<8>(out.w, a.w, b.w);
    subtract_once<8, ScalarModulus::limb>(out.w);
    return out;
  }
  HERE Fr sub(const Fr &a, const Fr &b) {
    Fr out;
    subtract_limbs<8, ScalarModulus::limb>(out.w, a.w, b.w);
    return out;
  }
  HERE Fr from_words(const Fr &canonical) { return mul(canonical, square_of_radix()); }
  HERE Fr to_words(const Fr &a) { return mul(a, Fr{{1, 0, 0, 0, 0, 0, 0, 0}}); }
};

struct alignas(16) Fp {
  uint32_t w[12];

  HERE Fp zero() { return Fp{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}; }
  // 2^384 mod p.
  HERE Fp one() {
    return Fp{{0x0002fffd, 0x76090000, 0xc40c0002, 0xebf4000b, 0x53c758ba, 0x5f489857, 0x70525745, 0x77ce5853,
               0xa256ec6d, 0x5c071a97, 0xfa80e493, 0x15f65ec3}};
  }
  // The value below p.
  HERE Fp canonical(Fp a) {
    subtract_once<12, BaseModulus::limb>(a.w);
    return a;
  }
  HERE bool is_zero(const Fp &a) {
    uint32_t zero = 0, modulus = 0;
#pragma unroll
    for (int i = 0; i < 12; i++) {
      zero |= a.w[i];
      modulus |= a.w[i] ^ BaseModulus::limb(i);
    }
    return zero == 0 || modulus == 0;
  }
  // For the innermost loop; a call of `mul` costs moves, and many copies of it more than the instructions' cache holds.
  HERE Fp mul_here(const Fp &a, const Fp &b) {
    Fp out;
    montgomery<BaseModulus>(out.w, a.w, b.w);
    return out;
  }
  HERE_CALLED Fp mul(Fp a, Fp b) { return mul_here(a, b); }
  HERE Fp sqr_here(const Fp &a) { return mul_here(a, a); }
  HERE Fp sqr(const Fp &a) { return mul(a, a); }
  HERE Fp add(const Fp &a, const Fp &b) {
    Fp out;
    add_limbs<12>(out.w, a.w, b.w);
    subtract_once<12, BaseModulus::twice>(out.w);
    return out;
  }
  HERE Fp twice(const Fp &a) { return add(a, a); }
  HERE Fp sub(const Fp &a, const Fp &b) {
    Fp out;
    subtract_limbs<12, BaseModulus::twice>(out.w, a.w, b.w);
    return out;
  }
  HERE Fp neg(const Fp &a) { return sub(zero(), a); }
  // `a^(p-2)`; zero for zero.
  HERE_CALLED Fp invert(Fp a) {
    Fp out = one();
    bool begun = false;
#pragma unroll 1
    for (int i = 380; i >= 0; i--) {
      if (begun) out = sqr(out);
      // p - 2 differs from p in the lowest limb alone.
      const uint32_t limb = i < 32 ? 0xffffaaa9 : exponent_limb(i / 32);
      if (limb >> (i % 32) & 1) {
        out = mul(out, a);
        begun = true;
      }
    }
    return out;
  }

 private:
  HERE uint32_t exponent_limb(int i) {
    switch (i) {
      case 1: return 0xb9feffff;
      case 2: return 0xb153ffff;
      case 3: return 0x1eabfffe;
      case 4: return 0xf6b0f624;
      case 5: return 0x6730d2a0;
      case 6: return 0xf38512bf;
      case 7: return 0x64774b84;
      case 8: return 0x434bacd7;
      case 9: return 0x4b1ba7b6;
      case 10: return 0x397fe69a;
      default: return 0x1a0111ea;
    }
  }
};

// Fp[u] / (u^2 + 1).
struct alignas(16) Fp2 {
  Fp c0, c1;

  HERE Fp2 zero() { return Fp2{Fp::zero(), Fp::zero()}; }
  HERE Fp2 one() { return Fp2{Fp::one(), Fp::zero()}; }
  HERE Fp2 canonical(const Fp2 &a) { return Fp2{Fp::canonical(a.c0), Fp::canonical(a.c1)}; }
  HERE bool is_zero(const Fp2 &a) { return Fp::is_zero(a.c0) && Fp::is_zero(a.c1); }
  HERE Fp2 add(const Fp2 &a, const Fp2 &b) { return Fp2{Fp::add(a.c0, b.c0), Fp::add(a.c1, b.c1)}; }
  HERE Fp2 twice(const Fp2 &a) { return add(a, a); }
  HERE Fp2 sub(const Fp2 &a, const Fp2 &b) { return Fp2{Fp::sub(a.c0, b.c0), Fp::sub(a.c1, b.c1)}; }
  HERE Fp2 neg(const Fp2 &a) { return Fp2{Fp::neg(a.c0), Fp::neg(a.c1)}; }
  HERE_CALLED Fp2 mul(Fp2 a, Fp2 b) {
    const Fp t0 = Fp::mul_here(a.c0, b.c0), t1 = Fp::mul_here(a.c1, b.c1);
    const Fp t2 = Fp::mul_here(Fp::add(a.c0, a.c1), Fp::add(b.c0, b.c1));
    return Fp2{Fp::sub(t0, t1), Fp::sub(Fp::sub(t2, t0), t1)};
  }
  HERE_CALLED Fp2 sqr(Fp2 a) {
    const Fp product = Fp::mul_here(a.c0, a.c1);
    return Fp2{Fp::mul_here(Fp::add(a.c0, a.c1), Fp::sub(a.c0, a.c1)), Fp::twice(product)};
  }
  // Too large for copies, in the innermost loop too.
  HERE Fp2 mul_here(const Fp2 &a, const Fp2 &b) { return mul(a, b); }
  HERE Fp2 sqr_here(const Fp2 &a) { return sqr(a); }
  HERE_CALLED Fp2 invert(Fp2 a) {
    const Fp inverse = Fp::invert(Fp::add(Fp::sqr(a.c0), Fp::sqr(a.c1)));
    return Fp2{Fp::mul(a.c0, inverse), Fp::neg(Fp::mul(a.c1, inverse))};
  }
};
