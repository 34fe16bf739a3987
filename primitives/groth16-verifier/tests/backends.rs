//! Both backends give the same answer to everything (C-CURVE-HOST): points, and what is wrong with what is none.
#![cfg(feature = "host")]

mod common;

use bls12_381::{G1Affine, G2Affine};
use cloister_groth16_verifier::{Backend, Fr, HostCalls, PointError, Proof, ProofPoint, Pure, VerifyError};
use common::{bad_g1, bad_g2, parameters, prove, MODULUS};
use proptest::prelude::*;

/// What both say to bytes as a point of G1.
fn g1(bytes: &[u8; 48]) -> Result<G1Affine, PointError> {
    let answer = Pure::decode_g1(bytes, ProofPoint::A);
    assert_eq!(answer, HostCalls::decode_g1(bytes, ProofPoint::A), "{bytes:02x?}");
    error_of(answer)
}

fn g2(bytes: &[u8; 96]) -> Result<G2Affine, PointError> {
    let answer = Pure::decode_g2(bytes, ProofPoint::A);
    assert_eq!(answer, HostCalls::decode_g2(bytes, ProofPoint::A), "{bytes:02x?}");
    error_of(answer)
}

fn error_of<P>(answer: Result<P, VerifyError>) -> Result<P, PointError> {
    answer.map_err(|error| match error {
        VerifyError::Proof { error, .. } => error,
        other => panic!("{other:?}"),
    })
}

#[test]
fn multiples_of_the_generators_should_be_decoded() {
    for n in 1..20u64 {
        let p = G1Affine::from(G1Affine::generator() * Fr::from(n));
        let q = G2Affine::from(G2Affine::generator() * Fr::from(n));
        for (p, q) in [(p, q), (-p, -q)] {
            assert_eq!(g1(&p.to_compressed()), Ok(p));
            assert_eq!(g2(&q.to_compressed()), Ok(q));
        }
    }
}

#[test]
fn every_choice_of_flags_should_get_the_same_answer() {
    let p = G1Affine::generator().to_compressed();
    let q = G2Affine::generator().to_compressed();
    let mut infinity = 0;
    for flags in 0..8u8 {
        for zero in [false, true] {
            let (mut p, mut q) = if zero { ([0; 48], [0; 96]) } else { (p, q) };
            p[0] = (p[0] & 0x1f) | flags << 5;
            q[0] = (q[0] & 0x1f) | flags << 5;
            let (p, q) = (g1(&p).err(), g2(&q).err());
            if flags & 0b100 == 0 {
                assert_eq!((p, q), (Some(PointError::Encoding), Some(PointError::Encoding)));
            }
            infinity += usize::from(p == Some(PointError::Infinity)) + usize::from(q == Some(PointError::Infinity));
        }
    }
    // The identity has one encoding in each group.
    assert_eq!(infinity, 2);
    for place in 0..48 {
        let mut bytes = [0; 48];
        bytes[0] = 0xc0;
        bytes[place] |= 1;
        assert_eq!(g1(&bytes), Err(PointError::Encoding));
    }
    for place in 0..96 {
        let mut bytes = [0; 96];
        bytes[0] = 0xc0;
        bytes[place] |= 1;
        assert_eq!(g2(&bytes), Err(PointError::Encoding));
    }
}

#[test]
fn coordinates_around_the_modulus_should_get_the_same_answer() {
    let mut below = MODULUS;
    below[47] -= 1;
    let mut above = MODULUS;
    above[47] += 1;
    for (coordinate, canonical) in [(below, true), (MODULUS, false), (above, false)] {
        let mut p = coordinate;
        p[0] |= 0x80;
        assert_eq!(g1(&p) == Err(PointError::Encoding), !canonical);
        for (first, second) in [(coordinate, [0; 48]), ([0; 48], coordinate)] {
            let mut q = [0; 96];
            q[..48].copy_from_slice(&first);
            q[48..].copy_from_slice(&second);
            q[0] |= 0x80;
            assert_eq!(g2(&q) == Err(PointError::Encoding), !canonical);
        }
    }
    // Flags are not allowed in the second coordinate.
    for flag in [0x80, 0x40, 0x20] {
        let mut q = G2Affine::generator().to_compressed();
        q[48] |= flag;
        assert_eq!(g2(&q), Err(PointError::Encoding));
    }
}

#[test]
fn points_off_the_curve_and_outside_the_subgroup_should_get_the_same_answer() {
    assert_eq!(g1(&bad_g1(false)), Err(PointError::NotOnCurve));
    assert_eq!(g1(&bad_g1(true)), Err(PointError::NotInSubgroup));
    assert_eq!(g2(&bad_g2(false)), Err(PointError::NotOnCurve));
    assert_eq!(g2(&bad_g2(true)), Err(PointError::NotInSubgroup));
    let mut seen = [0; 3];
    for x in 0..=255u8 {
        for sort in [0, 0x20] {
            let (mut p, mut q, mut r) = ([0; 48], [0; 96], [0; 96]);
            p[0] = 0x80 | sort;
            q[0] = 0x80 | sort;
            r[0] = 0x80 | sort;
            p[47] = x;
            q[95] = x;
            r[47] = x;
            for error in [g1(&p).err(), g2(&q).err(), g2(&r).err()] {
                match error {
                    None => seen[0] += 1,
                    Some(PointError::NotOnCurve) => seen[1] += 1,
                    Some(PointError::NotInSubgroup) => seen[2] += 1,
                    Some(other) => panic!("{other:?}"),
                }
            }
        }
    }
    // Points in the subgroup with such an abscissa would be a wonder.
    assert_eq!(seen[0], 0);
    assert!(seen[1] > 500 && seen[2] > 500, "{seen:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_should_get_the_same_answer(
        mut bytes in prop::collection::vec(any::<u8>(), 96),
        small in any::<bool>(),
    ) {
        // A coordinate that may be canonical.
        bytes[0] = 0x80 | (bytes[0] & if small { 0x27 } else { 0x3f });
        bytes[48] &= if small { 0x07 } else { 0xff };
        let _ = g1(bytes[..48].try_into().unwrap());
        let _ = g2(bytes[..].try_into().unwrap());
    }

    #[test]
    fn a_proof_with_a_bit_changed_should_get_the_same_answer(bit in 0usize..192 * 8) {
        static PROOF: std::sync::OnceLock<[u8; 192]> = std::sync::OnceLock::new();
        let mut bytes = *PROOF.get_or_init(|| prove(&parameters(1), 3, 1).0);
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(Proof::from_bytes_with::<Pure>(&bytes), Proof::from_bytes_with::<HostCalls>(&bytes));
    }

    #[test]
    fn sums_should_be_the_same(terms in prop::collection::vec(any::<[u64; 2]>(), 0..5)) {
        let bases: Vec<G1Affine> = terms.iter().map(|t| (G1Affine::generator() * Fr::from(t[0])).into()).collect();
        let scalars: Vec<Fr> = terms.iter().map(|t| Fr::from(t[0]).square() + Fr::from(t[1])).collect();
        let sum = Pure::linear_combination(&bases, &scalars);
        prop_assert_eq!(sum, HostCalls::linear_combination(&bases, &scalars));
        prop_assert!(sum.is_ok());
    }
}

#[test]
fn first_bad_point_should_be_named_by_both() {
    let (proof, _) = prove(&parameters(1), 3, 1);
    let with = |changes: &[(usize, u8)]| {
        let mut bytes = proof;
        changes.iter().for_each(|(at, flag)| bytes[*at] ^= flag);
        let answer = Proof::from_bytes_with::<Pure>(&bytes);
        assert_eq!(answer, Proof::from_bytes_with::<HostCalls>(&bytes));
        answer.unwrap_err()
    };
    let error = PointError::Encoding;
    for (changes, point) in [
        (&[(0, 0x80), (48, 0x80), (144, 0x80)][..], ProofPoint::A),
        (&[(48, 0x80), (144, 0x80)], ProofPoint::B),
        (&[(144, 0x80)], ProofPoint::C),
    ] {
        assert_eq!(with(changes), VerifyError::Proof { point, error });
    }
}
