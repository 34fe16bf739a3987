//! The instructions in plain Rust, under their names in `core::arch::x86_64`; operands and results as Intel's
//! Intrinsics Guide has them. For tests on a processor that lacks the instructions, not for speed.
#![allow(non_camel_case_types, unsafe_code)]

/// A register: eight words, the lowest first.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct __m512i(pub [u64; 8]);

/// Low bits of a word that a product takes.
const FACTOR: u64 = (1 << 52) - 1;

#[inline(always)]
fn map(a: __m512i, f: impl Fn(u64) -> u64) -> __m512i {
    __m512i(a.0.map(f))
}

#[inline(always)]
fn zip(a: __m512i, b: __m512i, f: impl Fn(u64, u64) -> u64) -> __m512i {
    __m512i(core::array::from_fn(|i| f(a.0[i], b.0[i])))
}

/// Per lane the product of the low 52 bits of two words.
#[inline(always)]
fn product(b: u64, c: u64) -> u128 {
    u128::from(b & FACTOR) * u128::from(c & FACTOR)
}

/// `a + b`.
#[inline(always)]
pub fn _mm512_add_epi64(a: __m512i, b: __m512i) -> __m512i {
    zip(a, b, u64::wrapping_add)
}

/// `a - b`.
#[inline(always)]
pub fn _mm512_sub_epi64(a: __m512i, b: __m512i) -> __m512i {
    zip(a, b, u64::wrapping_sub)
}

/// `a - b` in the lanes of the mask, those of `src` elsewhere.
#[inline(always)]
pub fn _mm512_mask_sub_epi64(src: __m512i, k: u8, a: __m512i, b: __m512i) -> __m512i {
    _mm512_mask_blend_epi64(k, src, _mm512_sub_epi64(a, b))
}

/// The lanes of `b` where the mask has bits, those of `a` elsewhere.
#[inline(always)]
pub fn _mm512_mask_blend_epi64(k: u8, a: __m512i, b: __m512i) -> __m512i {
    __m512i(core::array::from_fn(|i| if k >> i & 1 == 1 { b.0[i] } else { a.0[i] }))
}

/// `a & b`.
#[inline(always)]
pub fn _mm512_and_si512(a: __m512i, b: __m512i) -> __m512i {
    zip(a, b, |a, b| a & b)
}

/// `a` plus the low 52 bits of the product of `b` and `c`.
#[inline(always)]
pub fn _mm512_madd52lo_epu64(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
    _mm512_add_epi64(a, zip(b, c, |b, c| product(b, c) as u64 & FACTOR))
}

/// `a` plus the high 52 bits of the product of `b` and `c`.
#[inline(always)]
pub fn _mm512_madd52hi_epu64(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
    _mm512_add_epi64(a, zip(b, c, |b, c| (product(b, c) >> 52) as u64))
}

/// The same word in every lane.
#[inline(always)]
pub fn _mm512_set1_epi64(a: i64) -> __m512i {
    __m512i([a as u64; 8])
}

/// Zero in every lane.
#[inline(always)]
pub fn _mm512_setzero_si512() -> __m512i {
    __m512i([0; 8])
}

/// Shifted to the left.
#[inline(always)]
pub fn _mm512_slli_epi64<const IMM8: u32>(a: __m512i) -> __m512i {
    map(a, |a| a.checked_shl(IMM8).unwrap_or(0))
}

/// Shifted to the right, with copies of the sign.
#[inline(always)]
pub fn _mm512_srai_epi64<const IMM8: u32>(a: __m512i) -> __m512i {
    map(a, |a| (a as i64 >> IMM8.min(63)) as u64)
}

/// In every quarter, the two double words that the selector's pairs of bits name.
#[inline(always)]
pub fn _mm512_shuffle_epi32<const MASK: i32>(a: __m512i) -> __m512i {
    let double_word = |i: usize| (a.0[i / 2] >> (32 * (i % 2))) & u64::from(u32::MAX);
    let selected = |i: usize| double_word(i / 4 * 4 + (MASK >> (2 * (i % 4)) & 3) as usize);
    __m512i(core::array::from_fn(|i| selected(2 * i) | selected(2 * i + 1) << 32))
}

/// Two quarters of `a`, then two of `b`, named by the selector's pairs of bits.
#[inline(always)]
pub fn _mm512_shuffle_i64x2<const MASK: i32>(a: __m512i, b: __m512i) -> __m512i {
    __m512i(core::array::from_fn(|i| {
        let quarter = (MASK >> (2 * (i / 2)) & 3) as usize;
        let from = if i < 4 { a } else { b };
        from.0[2 * quarter + i % 2]
    }))
}

/// In every quarter the low word of `a`, then that of `b`.
#[inline(always)]
pub fn _mm512_unpacklo_epi64(a: __m512i, b: __m512i) -> __m512i {
    __m512i(core::array::from_fn(|i| if i % 2 == 0 { a.0[i] } else { b.0[i - 1] }))
}

/// In every quarter the high word of `a`, then that of `b`.
#[inline(always)]
pub fn _mm512_unpackhi_epi64(a: __m512i, b: __m512i) -> __m512i {
    __m512i(core::array::from_fn(|i| if i % 2 == 0 { a.0[i + 1] } else { b.0[i] }))
}

/// Reads a register.
///
/// # Safety
/// The pointer is valid and aligned to 64 bytes.
#[inline(always)]
pub unsafe fn _mm512_load_si512(from: *const __m512i) -> __m512i {
    *from
}

/// Writes a register.
///
/// # Safety
/// The pointer is valid and aligned to 64 bytes.
#[inline(always)]
pub unsafe fn _mm512_store_si512(to: *mut __m512i, a: __m512i) {
    *to = a;
}
