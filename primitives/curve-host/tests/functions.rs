//! The functions against `bls12_381`, and arguments that no runtime of ours would make.

use bls12_381::{multi_miller_loop, G1Affine, G1Projective, G2Affine, G2Prepared, G2Projective, Gt, Scalar};
use cloister_curve_host::{curve_host, Code, G1_COMPRESSED, G1_UNCOMPRESSED, G2_COMPRESSED, G2_UNCOMPRESSED, SCALAR};
use proptest::prelude::*;

fn g1(log: Scalar) -> G1Affine {
    (G1Projective::generator() * log).into()
}

fn g2(log: Scalar) -> G2Affine {
    (G2Projective::generator() * log).into()
}

fn decode_g1(bytes: &[u8]) -> Result<[u8; G1_UNCOMPRESSED], Code> {
    let mut out = [0; G1_UNCOMPRESSED];
    Code::check(curve_host::decode_g1(bytes, &mut out)).map(|()| out)
}

fn decode_g2(bytes: &[u8]) -> Result<[u8; G2_UNCOMPRESSED], Code> {
    let mut out = [0; G2_UNCOMPRESSED];
    Code::check(curve_host::decode_g2(bytes, &mut out)).map(|()| out)
}

fn sum(points: &[u8], scalars: &[u8]) -> Result<[u8; G1_UNCOMPRESSED], Code> {
    let mut out = [0; G1_UNCOMPRESSED];
    Code::check(curve_host::sum_of_multiples(points, scalars, &mut out)).map(|()| out)
}

fn pairing(g1: &[u8], g2: &[u8]) -> Result<(), Code> {
    Code::check(curve_host::pairing_product(g1, g2))
}

/// The order of the groups, little-endian: the smallest scalar that is not one.
fn order() -> [u8; SCALAR] {
    let mut order = (-Scalar::one()).to_bytes();
    order[0] += 1;
    order
}

#[test]
fn codes_should_keep_their_numbers() {
    for (number, code) in [
        (1, Code::Encoding),
        (2, Code::Infinity),
        (3, Code::NotOnCurve),
        (4, Code::NotInSubgroup),
        (5, Code::NotOne),
        (255, Code::Arguments),
    ] {
        assert_eq!(code as u32, number);
        assert_eq!(Code::check(number), Err(code));
    }
    assert_eq!(Code::check(0), Ok(()));
    // A number that this version does not know is no yes.
    for number in [6, 254, 256, u32::MAX] {
        assert_eq!(Code::check(number), Err(Code::Arguments));
    }
}

#[test]
fn lengths_that_do_not_go_together_should_be_refused() {
    let (p, q) = (g1(Scalar::one()), g2(Scalar::one()));
    let (mut out1, mut out2) = ([0; G1_UNCOMPRESSED], [0; G2_UNCOMPRESSED]);
    for length in [0, 1, G1_COMPRESSED - 1, G1_COMPRESSED + 1, G1_UNCOMPRESSED] {
        assert_eq!(decode_g1(&vec![0; length]), Err(Code::Arguments), "{length}");
    }
    for length in [0, 1, G2_COMPRESSED - 1, G2_COMPRESSED + 1, G2_UNCOMPRESSED] {
        assert_eq!(decode_g2(&vec![0; length]), Err(Code::Arguments), "{length}");
    }
    let arguments = Code::Arguments as u32;
    assert_eq!(curve_host::decode_g1(&p.to_compressed(), &mut out1[1..]), arguments);
    assert_eq!(curve_host::decode_g2(&q.to_compressed(), &mut out2[1..]), arguments);
    let (point, scalar) = (p.to_uncompressed(), Scalar::one().to_bytes());
    assert_eq!(curve_host::sum_of_multiples(&point, &scalar, &mut out1[1..]), arguments);
    assert_eq!(
        (out1, out2),
        ([0; G1_UNCOMPRESSED], [0; G2_UNCOMPRESSED]),
        "nothing is written"
    );
    for (points, scalars) in [(0, 1), (1, 0), (2, 1)] {
        assert_eq!(
            sum(&point.repeat(points), &scalar.repeat(scalars)),
            Err(Code::Arguments)
        );
        assert_eq!(
            pairing(&point.repeat(points), &q.to_uncompressed().repeat(scalars)),
            Err(Code::Arguments)
        );
    }
    assert_eq!(sum(&point[1..], &scalar), Err(Code::Arguments));
    assert_eq!(sum(&point, &scalar[1..]), Err(Code::Arguments));
    assert_eq!(pairing(&point[1..], &q.to_uncompressed()), Err(Code::Arguments));
    assert_eq!(pairing(&point, &q.to_uncompressed()[1..]), Err(Code::Arguments));
}

#[test]
fn empty_lists_should_be_the_identity_and_one() {
    assert_eq!(sum(&[], &[]), Ok(G1Affine::identity().to_uncompressed()));
    assert_eq!(pairing(&[], &[]), Ok(()));
}

#[test]
fn scalars_beyond_the_order_should_be_refused_wherever_they_are() {
    let point = g1(Scalar::from(3)).to_uncompressed();
    let highest = (-Scalar::one()).to_bytes();
    assert_eq!(sum(&point, &highest), Ok(g1(-Scalar::from(3)).to_uncompressed()));
    for wrong in [order(), [0xff; SCALAR]] {
        assert_eq!(sum(&point, &wrong), Err(Code::Encoding));
        assert_eq!(
            sum(&point.repeat(2), &[Scalar::one().to_bytes(), wrong].concat()),
            Err(Code::Encoding)
        );
        // Even where the point is the identity.
        assert_eq!(
            sum(&G1Affine::identity().to_uncompressed(), &wrong),
            Err(Code::Encoding)
        );
    }
}

#[test]
fn points_that_are_none_should_be_refused_in_sums_and_pairings() {
    let (p, q) = (
        g1(Scalar::from(5)).to_uncompressed(),
        g2(Scalar::from(7)).to_uncompressed(),
    );
    let one = Scalar::one().to_bytes();
    // The compression flag, the sort flag, an infinity that is not all zero, a coordinate too large, off the curve.
    type Change = (fn(&mut [u8]), Code);
    let changes: [Change; 5] = [
        (|b| b[0] |= 0x80, Code::Encoding),
        (|b| b[0] |= 0x20, Code::Encoding),
        (|b| b[0] |= 0x40, Code::Encoding),
        (|b| b.rchunks_mut(48).take(1).for_each(|c| c.fill(0xff)), Code::Encoding),
        (|b| b[b.len() - 1] ^= 1, Code::NotOnCurve),
    ];
    for (number, (change, code)) in changes.into_iter().enumerate() {
        let (mut bad_p, mut bad_q) = (p, q);
        change(&mut bad_p);
        change(&mut bad_q);
        assert_eq!(sum(&bad_p, &one), Err(code), "{number}");
        assert_eq!(sum(&[p, bad_p].concat(), &one.repeat(2)), Err(code), "{number}");
        assert_eq!(pairing(&bad_p, &q), Err(code), "{number}");
        assert_eq!(pairing(&p, &bad_q), Err(code), "{number}");
        // A pair that would count as one because of the other point.
        assert_eq!(
            pairing(&bad_p, &G2Affine::identity().to_uncompressed()),
            Err(code),
            "{number}"
        );
        assert_eq!(
            pairing(&G1Affine::identity().to_uncompressed(), &bad_q),
            Err(code),
            "{number}"
        );
    }
}

#[test]
fn pairs_with_an_identity_should_count_as_one() {
    let (p, q) = (
        g1(Scalar::from(5)).to_uncompressed(),
        g2(Scalar::from(7)).to_uncompressed(),
    );
    let (o1, o2) = (
        G1Affine::identity().to_uncompressed(),
        G2Affine::identity().to_uncompressed(),
    );
    for (p, q) in [(p, o2), (o1, q), (o1, o2)] {
        assert_eq!(pairing(&p, &q), Ok(()));
    }
    assert_eq!(pairing(&[p, o1].concat(), &q.repeat(2)), Err(Code::NotOne));
    // More pairs than share their squarings, with the identity anywhere.
    let minus = g1(-Scalar::from(5)).to_uncompressed();
    for place in [0, 9, 16, 17, 18, 34] {
        let mut ps = [p, minus].repeat(17);
        ps.insert(place, o1);
        assert_eq!(pairing(&ps.concat(), &q.repeat(35)), Ok(()), "{place}");
        ps[(place + 1) % 35] = o1;
        assert_eq!(pairing(&ps.concat(), &q.repeat(35)), Err(Code::NotOne), "{place}");
    }
}

/// Scalars of every length that is treated on its own.
fn scalar() -> impl Strategy<Value = Scalar> {
    prop_oneof![
        Just(Scalar::zero()),
        Just(Scalar::one()),
        Just(-Scalar::one()),
        any::<u64>().prop_map(Scalar::from),
        any::<[u64; 2]>().prop_map(|n| Scalar::from_raw([n[0], n[1], 0, 0])),
        any::<u64>().prop_map(|n| Scalar::from_raw([0, 0, n & 1, 0])),
        any::<[u64; 4]>().prop_map(Scalar::from_raw),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn sums_should_be_those_of_the_other_crate(
        terms in prop::collection::vec((scalar(), scalar()), 0..6),
        twice in any::<bool>(),
    ) {
        let mut terms: Vec<(G1Affine, Scalar)> = terms.into_iter().map(|(log, s)| (g1(log), s)).collect();
        if twice {
            // Equal points and opposite ones, whose sums need their own formulas.
            terms.extend(terms.clone());
            if let Some((p, s)) = terms.first().copied() {
                terms.push((-p, s));
            }
        }
        let expected = terms.iter().fold(G1Projective::identity(), |sum, (p, s)| sum + p * s);
        let points: Vec<u8> = terms.iter().flat_map(|(p, _)| p.to_uncompressed()).collect();
        let scalars: Vec<u8> = terms.iter().flat_map(|(_, s)| s.to_bytes()).collect();
        prop_assert_eq!(sum(&points, &scalars), Ok(G1Affine::from(expected).to_uncompressed()));
    }

    #[test]
    fn products_of_pairings_should_be_those_of_the_other_crate(
        logs in prop::collection::vec((scalar(), scalar()), 0..5),
        closed in any::<bool>(),
    ) {
        let mut pairs: Vec<(G1Affine, G2Affine)> = logs.iter().map(|(a, b)| (g1(*a), g2(*b))).collect();
        if closed {
            let owed = logs.iter().fold(Scalar::zero(), |sum, (a, b)| sum + a * b);
            pairs.push((g1(-owed), g2(Scalar::one())));
        }
        let prepared: Vec<_> = pairs.iter().map(|(p, q)| (*p, G2Prepared::from(*q))).collect();
        let terms: Vec<_> = prepared.iter().map(|(p, q)| (p, q)).collect();
        let is_one = multi_miller_loop(&terms).final_exponentiation() == Gt::identity();
        prop_assert!(!closed || is_one);
        let left: Vec<u8> = pairs.iter().flat_map(|(p, _)| p.to_uncompressed()).collect();
        let right: Vec<u8> = pairs.iter().flat_map(|(_, q)| q.to_uncompressed()).collect();
        prop_assert_eq!(pairing(&left, &right), if is_one { Ok(()) } else { Err(Code::NotOne) });
    }

    #[test]
    fn any_bytes_should_get_an_answer(
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        at in any::<prop::sample::Index>(),
    ) {
        let (left, right) = bytes.split_at(at.index(bytes.len() + 1));
        let _ = (decode_g1(left), decode_g2(left), sum(left, right), pairing(left, right));
    }
}
