// Points of G1 and G2: affine ones as keys hold them, and accumulators.
#pragma once

#include "field.cuh"

// An affine point; infinity is (0, 0), which no list of a key holds.
template <class F>
struct Affine {
  F x, y;
};

// An accumulator: x = X/ZZ, y = Y/ZZZ, ZZ^3 = ZZZ^2 (Sutherland's coordinates, Explicit-Formulas Database). Infinity
// has ZZ = 0, all words of it zero, so that cleared memory holds points at infinity.
template <class F>
struct Xyzz {
  F x, y, zz, zzz;

  HERE Xyzz infinity() { return Xyzz{F::zero(), F::zero(), F::zero(), F::zero()}; }

  HERE bool is_infinity(const Xyzz &a) { return F::is_zero(a.zz); }

  HERE Xyzz from(const Affine<F> &p) { return Xyzz{p.x, p.y, F::one(), F::one()}; }

  // dbl-2008-s-1.
  HERE_CALLED Xyzz twice(Xyzz a) {
    const F u = F::twice(a.y);
    const F v = F::sqr(u);
    const F w = F::mul(u, v);
    const F s = F::mul(a.x, v);
    const F square = F::sqr(a.x);
    const F m = F::add(F::twice(square), square);
    Xyzz out;
    out.x = F::sub(F::sqr(m), F::twice(s));
    out.y = F::sub(F::mul(m, F::sub(s, out.x)), F::mul(w, a.y));
    out.zz = F::mul(v, a.zz);
    out.zzz = F::mul(w, a.zzz);
    return out;
  }

  // madd-2008-s, with the cases that it leaves out: the innermost loop.
  HERE void add_affine(Xyzz &a, const Affine<F> &p) {
    if (is_infinity(a)) {
      a = from(p);
      return;
    }
    const F dx = F::sub(F::mul_here(p.x, a.zz), a.x);
    const F dy = F::sub(F::mul_here(p.y, a.zzz), a.y);
    if (F::is_zero(dx)) {
      a = F::is_zero(dy) ? twice(a) : infinity();
      return;
    }
    const F square = F::sqr_here(dx);
    const F cube = F::mul_here(dx, square);
    const F q = F::mul_here(a.x, square);
    const F x = F::sub(F::sub(F::sqr_here(dy), cube), F::twice(q));
    a.y = F::sub(F::mul_here(dy, F::sub(q, x)), F::mul_here(a.y, cube));
    a.x = x;
    a.zz = F::mul_here(a.zz, square);
    a.zzz = F::mul_here(a.zzz, cube);
  }

  // add-2008-s, with the cases that it leaves out.
  HERE_CALLED void add(Xyzz &a, const Xyzz &b) {
    if (is_infinity(b)) return;
    if (is_infinity(a)) {
      a = b;
      return;
    }
    const F u = F::mul(a.x, b.zz), s = F::mul(a.y, b.zzz);
    const F dx = F::sub(F::mul(b.x, a.zz), u);
    const F dy = F::sub(F::mul(b.y, a.zzz), s);
    if (F::is_zero(dx)) {
      a = F::is_zero(dy) ? twice(a) : infinity();
      return;
    }
    const F square = F::sqr(dx);
    const F cube = F::mul(dx, square);
    const F q = F::mul(u, square);
    a.x = F::sub(F::sub(F::sqr(dy), cube), F::twice(q));
    a.y = F::sub(F::mul(dy, F::sub(q, a.x)), F::mul(s, cube));
    a.zz = F::mul(F::mul(a.zz, b.zz), square);
    a.zzz = F::mul(F::mul(a.zzz, b.zzz), cube);
  }

  // `number` times the point.
  HERE Xyzz times(const Xyzz &a, uint32_t number) {
    Xyzz out = infinity();
#pragma unroll 1
    for (int bit = 31; bit >= 0; bit--) {
      if (!is_infinity(out)) out = twice(out);
      if (number >> bit & 1) add(out, a);
    }
    return out;
  }
};
