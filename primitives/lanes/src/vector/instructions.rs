//! The instructions that this backend is made of: the processor's, or plain Rust that does the same where
//! `emulated_ifma` is set (`primitives/lanes-emulated`).

#[cfg(any(emulated_ifma, test))]
mod emulated;

#[cfg(not(emulated_ifma))]
pub use core::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_and_si512, _mm512_load_si512, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64,
    _mm512_mask_blend_epi64, _mm512_mask_sub_epi64, _mm512_set1_epi64, _mm512_setzero_si512, _mm512_shuffle_epi32,
    _mm512_shuffle_i64x2, _mm512_slli_epi64, _mm512_srai_epi64, _mm512_store_si512, _mm512_sub_epi64,
    _mm512_unpackhi_epi64, _mm512_unpacklo_epi64,
};
#[cfg(emulated_ifma)]
pub use emulated::*;

#[cfg(all(test, not(emulated_ifma)))]
#[allow(unsafe_code)]
mod tests;
