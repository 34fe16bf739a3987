//! The emulated instructions beside the processor's, where it has them.

use super::emulated;
use crate::Backend;
use core::mem::transmute;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

type Words = [u64; 8];

/// Words of all kinds: edges of 52 and of 64 bits, and random ones.
fn words(rng: &mut ChaCha20Rng) -> Words {
    core::array::from_fn(|_| match rng.next_u64() % 8 {
        0 => 0,
        1 => u64::MAX,
        2 => (1 << 52) - 1,
        3 => 1 << 52,
        4 => 1 << 63,
        _ => rng.next_u64(),
    })
}

/// Every instruction's result for three operands and a mask, once of each kind.
macro_rules! results {
    ($function:ident, $register:ty, $from:path) => {
        /// # Safety
        /// The processor has the instructions.
        #[target_feature(enable = "avx512f,avx512ifma")]
        unsafe fn $function(operands: [Words; 3], mask: u8) -> Vec<Words> {
            use $from::*;

            let [a, b, c] = operands.map(|words| transmute::<Words, $register>(words));
            let mut stored: $register = _mm512_setzero_si512();
            _mm512_store_si512((&raw mut stored).cast(), _mm512_load_si512((&raw const a).cast()));
            [
                stored,
                _mm512_add_epi64(a, b),
                _mm512_sub_epi64(a, b),
                _mm512_and_si512(a, b),
                _mm512_madd52lo_epu64(a, b, c),
                _mm512_madd52hi_epu64(a, b, c),
                _mm512_mask_blend_epi64(mask, a, b),
                _mm512_mask_sub_epi64(a, mask, b, c),
                _mm512_set1_epi64(operands[0][0] as i64),
                _mm512_setzero_si512(),
                _mm512_slli_epi64::<2>(a),
                _mm512_slli_epi64::<3>(a),
                _mm512_srai_epi64::<52>(a),
                _mm512_shuffle_epi32::<0x4e>(a),
                _mm512_shuffle_epi32::<0x1b>(a),
                _mm512_shuffle_i64x2::<0x4e>(a, b),
                _mm512_shuffle_i64x2::<0xb1>(a, b),
                _mm512_shuffle_i64x2::<0x88>(a, b),
                _mm512_shuffle_i64x2::<0xdd>(a, b),
                _mm512_unpackhi_epi64(a, b),
                _mm512_unpacklo_epi64(a, b),
            ]
            .map(|register| transmute::<$register, Words>(register))
            .into()
        }
    };
}

mod by_processor {
    pub use core::arch::x86_64::*;
}

results!(processor, __m512i, by_processor);
results!(emulation, emulated::__m512i, emulated);

#[test]
fn emulated_instructions_do_what_the_processor_does() {
    // The other half of the comparison, that the backend made of them computes rightly, is `lanes-emulated`.
    if !Backend::Vector.is_available() {
        return;
    }
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    for round in 0..10_000 {
        let operands = [words(&mut rng), words(&mut rng), words(&mut rng)];
        let mask = rng.next_u64() as u8;
        // SAFETY: the instructions are there.
        let [got, want] = unsafe { [emulation(operands, mask), processor(operands, mask)] };
        assert_eq!(got, want, "round {round}: {operands:x?}, mask {mask:b}");
    }
}
