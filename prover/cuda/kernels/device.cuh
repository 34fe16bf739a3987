// What the kernels ask of the machine: where a thread is, atomic additions, and additions and products that hand a carry
// on. On a card these are instructions; without one (`shim/`) they are plain C++, so that the same source runs on both.
#pragma once

#include <stdint.h>

#ifdef __CUDACC__

#define HERE static __device__ __forceinline__
#define HERE_CALLED static __device__ __noinline__
#define KERNEL extern "C" __global__ void
// Threads of a block, and blocks that a multiprocessor must have room for.
#define BOUNDS(blocks) __launch_bounds__(128, blocks)

HERE uint32_t this_thread() { return blockIdx.x * blockDim.x + threadIdx.x; }

HERE uint32_t fetch_add(uint32_t *at, uint32_t amount) { return atomicAdd(at, amount); }
HERE void lower_to(uint32_t *at, uint32_t value) { atomicMin(at, value); }

HERE uint32_t reverse_bits(uint32_t x) { return __brev(x); }

// The carry lives in the condition register between these; `volatile` keeps them in order.
HERE uint32_t add_cc(uint32_t a, uint32_t b) {
  uint32_t r;
  asm volatile("add.cc.u32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
  return r;
}
HERE uint32_t addc_cc(uint32_t a, uint32_t b) {
  uint32_t r;
  asm volatile("addc.cc.u32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
  return r;
}
HERE uint32_t addc(uint32_t a, uint32_t b) {
  uint32_t r;
  asm volatile("addc.u32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
  return r;
}
HERE uint32_t sub_cc(uint32_t a, uint32_t b) {
  uint32_t r;
  asm volatile("sub.cc.u32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
  return r;
}
HERE uint32_t subc_cc(uint32_t a, uint32_t b) {
  uint32_t r;
  asm volatile("subc.cc.u32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
  return r;
}
HERE uint32_t subc(uint32_t a, uint32_t b) {
  uint32_t r;
  asm volatile("subc.u32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
  return r;
}
HERE uint32_t mad_lo_cc(uint32_t a, uint32_t b, uint32_t c) {
  uint32_t r;
  asm volatile("mad.lo.cc.u32 %0, %1, %2, %3;" : "=r"(r) : "r"(a), "r"(b), "r"(c));
  return r;
}
HERE uint32_t madc_lo_cc(uint32_t a, uint32_t b, uint32_t c) {
  uint32_t r;
  asm volatile("madc.lo.cc.u32 %0, %1, %2, %3;" : "=r"(r) : "r"(a), "r"(b), "r"(c));
  return r;
}
HERE uint32_t madc_hi_cc(uint32_t a, uint32_t b, uint32_t c) {
  uint32_t r;
  asm volatile("madc.hi.cc.u32 %0, %1, %2, %3;" : "=r"(r) : "r"(a), "r"(b), "r"(c));
  return r;
}
HERE uint32_t madc_hi(uint32_t a, uint32_t b, uint32_t c) {
  uint32_t r;
  asm volatile("madc.hi.u32 %0, %1, %2, %3;" : "=r"(r) : "r"(a), "r"(b), "r"(c));
  return r;
}
HERE uint32_t mul_lo(uint32_t a, uint32_t b) { return a * b; }
HERE uint32_t mul_hi(uint32_t a, uint32_t b) { return __umulhi(a, b); }

#else

#define HERE static inline
#define HERE_CALLED static
#define KERNEL extern "C" void
#define BOUNDS(blocks)

// The thread that runs, and the carry it left.
static __thread uint32_t shim_thread;
static __thread uint32_t shim_carry;

HERE uint32_t this_thread() { return shim_thread; }

HERE uint32_t fetch_add(uint32_t *at, uint32_t amount) {
  const uint32_t before = *at;
  *at += amount;
  return before;
}
HERE void lower_to(uint32_t *at, uint32_t value) {
  if (value < *at) *at = value;
}

HERE uint32_t reverse_bits(uint32_t x) {
  uint32_t out = 0;
  for (int i = 0; i < 32; i++) out |= (x >> i & 1) << (31 - i);
  return out;
}

// A sum of at most 2^33 - 1: the low word comes back, the rest is the carry.
HERE uint32_t shim_split(uint64_t sum) {
  shim_carry = (uint32_t)(sum >> 32);
  return (uint32_t)sum;
}
HERE uint32_t shim_borrow(uint64_t difference) {
  shim_carry = (uint32_t)(difference >> 63);
  return (uint32_t)difference;
}
HERE uint64_t shim_product(uint32_t a, uint32_t b) { return (uint64_t)a * b; }

HERE uint32_t add_cc(uint32_t a, uint32_t b) { return shim_split((uint64_t)a + b); }
HERE uint32_t addc_cc(uint32_t a, uint32_t b) { return shim_split((uint64_t)a + b + shim_carry); }
HERE uint32_t addc(uint32_t a, uint32_t b) { return a + b + shim_carry; }
HERE uint32_t sub_cc(uint32_t a, uint32_t b) { return shim_borrow((uint64_t)a - b); }
HERE uint32_t subc_cc(uint32_t a, uint32_t b) { return shim_borrow((uint64_t)a - b - shim_carry); }
HERE uint32_t subc(uint32_t a, uint32_t b) { return a - b - shim_carry; }
HERE uint32_t mad_lo_cc(uint32_t a, uint32_t b, uint32_t c) {
  return shim_split((uint64_t)(uint32_t)shim_product(a, b) + c);
}
HERE uint32_t madc_lo_cc(uint32_t a, uint32_t b, uint32_t c) {
  return shim_split((uint64_t)(uint32_t)shim_product(a, b) + c + shim_carry);
}
HERE uint32_t madc_hi_cc(uint32_t a, uint32_t b, uint32_t c) {
  return shim_split((shim_product(a, b) >> 32) + c + shim_carry);
}
HERE uint32_t madc_hi(uint32_t a, uint32_t b, uint32_t c) {
  return (uint32_t)(shim_product(a, b) >> 32) + c + shim_carry;
}
HERE uint32_t mul_lo(uint32_t a, uint32_t b) { return a * b; }
HERE uint32_t mul_hi(uint32_t a, uint32_t b) { return (uint32_t)(shim_product(a, b) >> 32); }

#endif
