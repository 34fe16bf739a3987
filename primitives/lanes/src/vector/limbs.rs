//! Limbs of 52 bits, eight numbers side by side: limb `i` of all eight numbers is one register.
#![allow(unsafe_code)]

use super::{
    constants::{Modulus, LIMB, MASK},
    instructions::*,
};

/// Eight numbers of `M` limbs.
pub type Limbs<const M: usize> = [__m512i; M];

/// The same word in every lane.
#[inline]
#[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
pub fn word(x: u64) -> __m512i {
    _mm512_set1_epi64(x as i64)
}

/// The same number in every lane.
#[inline]
#[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
pub fn splat<const M: usize>(limbs: &[u64; M]) -> Limbs<M> {
    let mut out = [_mm512_setzero_si512(); M];
    for i in 0..M {
        out[i] = word(limbs[i]);
    }
    out
}

/// Brings signed limbs back to 52 bits; what leaves the top limb is dropped, so the number is taken modulo `2^(52 M)`.
#[inline]
#[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
pub fn carry<const M: usize>(mut t: Limbs<M>) -> Limbs<M> {
    let mask = word(MASK);
    for i in 0..M - 1 {
        t[i + 1] = _mm512_add_epi64(t[i + 1], _mm512_srai_epi64::<LIMB>(t[i]));
        t[i] = _mm512_and_si512(t[i], mask);
    }
    t[M - 1] = _mm512_and_si512(t[M - 1], mask);
    t
}

/// Limb by limb sum, not carried.
#[inline]
#[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
pub fn plus<const M: usize>(a: &Limbs<M>, b: &Limbs<M>) -> Limbs<M> {
    let mut out = *a;
    for i in 0..M {
        out[i] = _mm512_add_epi64(a[i], b[i]);
    }
    out
}

/// Limb by limb difference, not carried.
#[inline]
#[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
pub fn minus<const M: usize>(a: &Limbs<M>, b: &Limbs<M>) -> Limbs<M> {
    let mut out = *a;
    for i in 0..M {
        out[i] = _mm512_sub_epi64(a[i], b[i]);
    }
    out
}

/// `b` where the mask has bits, `a` elsewhere.
#[inline]
#[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
pub fn blend<const M: usize>(a: &Limbs<M>, b: &Limbs<M>, mask: u8) -> Limbs<M> {
    let mut out = *a;
    for i in 0..M {
        out[i] = _mm512_mask_blend_epi64(mask, a[i], b[i]);
    }
    out
}

/// Twelve times, not carried.
#[inline]
#[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
pub fn times_12<const M: usize>(a: &Limbs<M>) -> Limbs<M> {
    let mut out = *a;
    for i in 0..M {
        out[i] = _mm512_add_epi64(_mm512_slli_epi64::<3>(a[i]), _mm512_slli_epi64::<2>(a[i]));
    }
    out
}

/// Reads one row of eight words for each lane and turns them into limbs.
///
/// # Safety
/// The pointers are valid and aligned to 64 bytes.
#[inline]
#[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
pub unsafe fn gather(from: &[*const u64; 8]) -> Limbs<8> {
    let mut rows = [_mm512_setzero_si512(); 8];
    for i in 0..8 {
        rows[i] = _mm512_load_si512(from[i].cast());
    }
    transpose(rows)
}

/// Writes limbs as one row of eight words for each lane.
///
/// # Safety
/// The pointers are valid and aligned to 64 bytes.
#[inline]
#[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
pub unsafe fn scatter(t: &Limbs<8>, to: &[*mut u64; 8]) {
    let rows = transpose(*t);
    for i in 0..8 {
        _mm512_store_si512(to[i].cast(), rows[i]);
    }
}

/// Plus the same number in every lane, not carried.
#[inline]
#[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
pub fn plus_constant<const M: usize>(a: &Limbs<M>, b: &[u64; M]) -> Limbs<M> {
    let mut out = *a;
    for i in 0..M {
        out[i] = _mm512_add_epi64(a[i], word(b[i]));
    }
    out
}

/// `a + b` where the mask's bits are clear, `a - b` where they are set; not carried.
#[inline]
#[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
pub fn plus_or_minus<const M: usize>(a: &Limbs<M>, b: &Limbs<M>, negate: u8) -> Limbs<M> {
    let mut out = *a;
    for i in 0..M {
        out[i] = _mm512_mask_sub_epi64(_mm512_add_epi64(a[i], b[i]), negate, a[i], b[i]);
    }
    out
}

/// Subtracts a multiple of the modulus so that less than two moduli are left. `t` is not carried and at least one
/// modulus; `slack` exceeds what carries could add to the top limb, `ratio` is `2^52 / (top limb of the modulus + 1)`,
/// `complement` is `2^(52 M)` less the modulus.
#[inline]
#[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
pub fn reduce<const M: usize>(mut t: Limbs<M>, slack: u64, ratio: u64, complement: &[u64; M]) -> Limbs<M> {
    let zero = _mm512_setzero_si512();
    let q = _mm512_madd52hi_epu64(zero, _mm512_sub_epi64(t[M - 1], word(slack)), word(ratio));
    for i in 0..M {
        t[i] = _mm512_madd52lo_epu64(t[i], q, word(complement[i]));
        if i + 1 < M {
            t[i + 1] = _mm512_madd52hi_epu64(t[i + 1], q, word(complement[i]));
        }
    }
    carry(t)
}

/// Montgomery product: `a·b / 2^(52 M)` plus a little more than one modulus at most ([`settle`]). Both operands are
/// carried; `D` is `2 M`.
#[inline]
#[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
pub fn montgomery<const M: usize, const D: usize>(a: &Limbs<M>, b: &Limbs<M>, modulus: &Modulus<M>) -> Limbs<M> {
    carry(products::<M, D>(a, b, modulus))
}

/// As [`montgomery`], not carried.
#[inline]
#[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
pub fn products<const M: usize, const D: usize>(a: &Limbs<M>, b: &Limbs<M>, modulus: &Modulus<M>) -> Limbs<M> {
    settle(wide::<M, D>(a, b), modulus)
}

/// All `D = 2 M` limbs of a product, not carried. Both operands are carried.
#[inline]
#[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
pub fn wide<const M: usize, const D: usize>(a: &Limbs<M>, b: &Limbs<M>) -> Limbs<D> {
    const { assert!(D == 2 * M) };
    let mut t = [_mm512_setzero_si512(); D];
    for i in 0..M {
        for j in 0..M {
            t[i + j] = _mm512_madd52lo_epu64(t[i + j], a[i], b[j]);
            t[i + j + 1] = _mm512_madd52hi_epu64(t[i + j + 1], a[i], b[j]);
        }
    }
    t
}

/// Montgomery square, as [`montgomery`].
#[inline]
#[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
pub fn montgomery_square<const M: usize, const D: usize>(a: &Limbs<M>, modulus: &Modulus<M>) -> Limbs<M> {
    carry(squares::<M, D>(a, modulus))
}

/// As [`montgomery_square`], not carried.
#[inline]
#[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
pub fn squares<const M: usize, const D: usize>(a: &Limbs<M>, modulus: &Modulus<M>) -> Limbs<M> {
    settle(wide_square::<M, D>(a), modulus)
}

/// As [`wide`], of a number and itself: products of different limbs are formed once and doubled.
#[inline]
#[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
pub fn wide_square<const M: usize, const D: usize>(a: &Limbs<M>) -> Limbs<D> {
    const { assert!(D == 2 * M) };
    let mut t = [_mm512_setzero_si512(); D];
    for i in 0..M {
        for j in i + 1..M {
            t[i + j] = _mm512_madd52lo_epu64(t[i + j], a[i], a[j]);
            t[i + j + 1] = _mm512_madd52hi_epu64(t[i + j + 1], a[i], a[j]);
        }
    }
    for limb in &mut t {
        *limb = _mm512_add_epi64(*limb, *limb);
    }
    for i in 0..M {
        t[2 * i] = _mm512_madd52lo_epu64(t[2 * i], a[i], a[i]);
        t[2 * i + 1] = _mm512_madd52hi_epu64(t[2 * i + 1], a[i], a[i]);
    }
    t
}

/// `t / 2^(52 M)` modulo the modulus, not carried. `t` is not negative; its limbs are signed and not carried.
///
/// Montgomery's step for a limb, which makes it zero by a multiple of the modulus, waits for a product with the inverse
/// first. All limbs but the last two are taken away otherwise: a low limb `m` is worth `m·2^-52 mod p` one limb
/// higher, and the one above it `m·2^-104` two limbs higher. That leaves less than `2^53` moduli too much, and the two
/// steps at the end leave of those less than `2^-50`, and add less than one modulus of their own.
///
/// In units of `2^52`, limbs of a product are at most 16, those of the sums and differences of products in the field of
/// G2 at most 32 in size. To a limb that is left 12 are added by the first loop and 4 by the last: with what is carried
/// it is below 49, so no limb of what is left is as large as `2^58`.
#[inline]
#[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
pub fn settle<const M: usize, const D: usize>(mut t: Limbs<D>, modulus: &Modulus<M>) -> Limbs<M> {
    const { assert!(D == 2 * M) };
    let mut i = 0;
    while i + 4 <= M {
        let first = t[i];
        let second = _mm512_add_epi64(t[i + 1], _mm512_srai_epi64::<LIMB>(first));
        t[i + 2] = _mm512_add_epi64(t[i + 2], _mm512_srai_epi64::<LIMB>(second));
        for j in 0..M {
            let by = word(modulus.two_lower[j]);
            t[i + 2 + j] = _mm512_madd52lo_epu64(t[i + 2 + j], first, by);
            t[i + 3 + j] = _mm512_madd52hi_epu64(t[i + 3 + j], first, by);
        }
        for j in 0..M {
            let by = word(modulus.lower[j]);
            t[i + 2 + j] = _mm512_madd52lo_epu64(t[i + 2 + j], second, by);
            t[i + 3 + j] = _mm512_madd52hi_epu64(t[i + 3 + j], second, by);
        }
        i += 2;
    }
    while i + 2 < M {
        let m = t[i];
        t[i + 1] = _mm512_add_epi64(t[i + 1], _mm512_srai_epi64::<LIMB>(m));
        for j in 0..M {
            let by = word(modulus.lower[j]);
            t[i + 1 + j] = _mm512_madd52lo_epu64(t[i + 1 + j], m, by);
            t[i + 2 + j] = _mm512_madd52hi_epu64(t[i + 2 + j], m, by);
        }
        i += 1;
    }
    while i < M {
        let m = _mm512_madd52lo_epu64(_mm512_setzero_si512(), t[i], word(modulus.inverse));
        for j in 0..M {
            let by = word(modulus.limbs[j]);
            t[i + j] = _mm512_madd52lo_epu64(t[i + j], m, by);
            t[i + 1 + j] = _mm512_madd52hi_epu64(t[i + 1 + j], m, by);
        }
        t[i + 1] = _mm512_add_epi64(t[i + 1], _mm512_srai_epi64::<LIMB>(t[i]));
        i += 1;
    }
    let mut out = [_mm512_setzero_si512(); M];
    out.copy_from_slice(&t[M..]);
    out
}

/// Lane `l` takes what lane `l ^ distance` has; the distance is 1, 2 or 4.
#[inline]
#[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
pub fn swap<const M: usize>(a: &Limbs<M>, distance: usize) -> Limbs<M> {
    let mut out = *a;
    for i in 0..M {
        out[i] = match distance {
            4 => _mm512_shuffle_i64x2::<0x4e>(a[i], a[i]),
            2 => _mm512_shuffle_i64x2::<0xb1>(a[i], a[i]),
            _ => _mm512_shuffle_epi32::<0x4e>(a[i]),
        };
    }
    out
}

/// Transposes eight rows of eight words.
#[inline]
#[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
pub fn transpose(r: Limbs<8>) -> Limbs<8> {
    let a0 = _mm512_unpacklo_epi64(r[0], r[1]);
    let a1 = _mm512_unpackhi_epi64(r[0], r[1]);
    let a2 = _mm512_unpacklo_epi64(r[2], r[3]);
    let a3 = _mm512_unpackhi_epi64(r[2], r[3]);
    let a4 = _mm512_unpacklo_epi64(r[4], r[5]);
    let a5 = _mm512_unpackhi_epi64(r[4], r[5]);
    let a6 = _mm512_unpacklo_epi64(r[6], r[7]);
    let a7 = _mm512_unpackhi_epi64(r[6], r[7]);
    let b0 = _mm512_shuffle_i64x2::<0x88>(a0, a2);
    let b1 = _mm512_shuffle_i64x2::<0xdd>(a0, a2);
    let b2 = _mm512_shuffle_i64x2::<0x88>(a1, a3);
    let b3 = _mm512_shuffle_i64x2::<0xdd>(a1, a3);
    let b4 = _mm512_shuffle_i64x2::<0x88>(a4, a6);
    let b5 = _mm512_shuffle_i64x2::<0xdd>(a4, a6);
    let b6 = _mm512_shuffle_i64x2::<0x88>(a5, a7);
    let b7 = _mm512_shuffle_i64x2::<0xdd>(a5, a7);
    [
        _mm512_shuffle_i64x2::<0x88>(b0, b4),
        _mm512_shuffle_i64x2::<0x88>(b2, b6),
        _mm512_shuffle_i64x2::<0x88>(b1, b5),
        _mm512_shuffle_i64x2::<0x88>(b3, b7),
        _mm512_shuffle_i64x2::<0xdd>(b0, b4),
        _mm512_shuffle_i64x2::<0xdd>(b2, b6),
        _mm512_shuffle_i64x2::<0xdd>(b1, b5),
        _mm512_shuffle_i64x2::<0xdd>(b3, b7),
    ]
}

/// The words of the registers.
#[inline]
#[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
pub fn to_rows<const M: usize>(t: Limbs<M>) -> [[u64; 8]; M] {
    // SAFETY: a register is eight words.
    let mut out = [[0; 8]; M];
    for i in 0..M {
        out[i] = unsafe { core::mem::transmute::<__m512i, [u64; 8]>(t[i]) };
    }
    out
}

/// Registers of words.
#[inline]
#[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
pub fn from_rows<const M: usize>(rows: [[u64; 8]; M]) -> Limbs<M> {
    // SAFETY: a register is eight words.
    let mut out = [_mm512_setzero_si512(); M];
    for i in 0..M {
        out[i] = unsafe { core::mem::transmute::<[u64; 8], __m512i>(rows[i]) };
    }
    out
}
