//! Many signatures at once against one after the other, on every backend (P-SCHNORR).

use cloister_crypto::{
    constants::domain,
    jubjub::{self, AffinePoint, ExtendedPoint},
    poseidon2::sponge,
    schnorr::{generator, PublicKey, SecretKey, Signature},
    Fr,
};
use cloister_crypto_many::{verify_many, Backend, Statement, Verifier};
use proptest::prelude::*;
use std::num::NonZeroUsize;

/// Order of the subgroup, little-endian: not a canonical response.
const SUBGROUP_ORDER: [u8; 32] = [
    183, 44, 247, 214, 94, 14, 151, 208, 130, 16, 200, 204, 147, 32, 104, 166, 0, 59, 52, 1, 1, 59, 103, 6, 169, 175,
    51, 101, 234, 180, 125, 14,
];

/// What the function for one says.
fn expected(statements: &[Statement]) -> Vec<bool> {
    statements
        .iter()
        .map(|s| s.key.verify(s.message, &s.signature).is_ok())
        .collect()
}

fn backends() -> impl Iterator<Item = Backend> {
    Backend::ALL.into_iter().filter(|backend| backend.is_available())
}

fn verifier(backend: Backend, keys: usize) -> Verifier {
    Verifier::new(backend, NonZeroUsize::new(keys).unwrap())
}

/// Every way to check agrees: without tables, while they are made, and with them.
fn check(statements: &[Statement]) {
    let expected = expected(statements);
    assert_eq!(verify_many(statements), expected);
    for backend in backends() {
        for keys in [1, 3, 1_000] {
            let mut verifier = verifier(backend, keys);
            for round in 0..4 {
                assert_eq!(
                    verifier.verify_many(statements),
                    expected,
                    "{backend:?}, {keys} keys, {round}"
                );
            }
        }
    }
}

/// A signature with a nonce of one's own choosing.
fn sign_with(secret: jubjub::Fr, nonce: jubjub::Fr, message: Fr) -> Statement {
    let affine = |scalar| AffinePoint::from(ExtendedPoint::from(generator() * scalar));
    let (public, commitment) = (affine(secret), affine(nonce));
    let key = PublicKey::from_coordinates(public.get_u(), public.get_v()).unwrap();
    let elements = [commitment.get_u(), commitment.get_v(), key.x(), key.y(), message];
    let mut low = [0; 16];
    low.copy_from_slice(&sponge(domain::SIG, &elements).to_bytes()[..16]);
    let challenge = u128::from_le_bytes(low);
    let scalar = jubjub::Fr::from_raw([challenge as u64, (challenge >> 64) as u64, 0, 0]);
    let signature = Signature {
        challenge,
        response: (nonce + scalar * secret).to_bytes(),
    };
    Statement {
        key,
        message,
        signature,
    }
}

fn signed(seed: u8, message: u64) -> Statement {
    let secret = SecretKey::from_seed(&[seed; 32]);
    Statement {
        key: secret.public(),
        message: Fr::from(message),
        signature: secret.sign(Fr::from(message)),
    }
}

/// The response plus the order of the subgroup: a second encoding of the same number.
fn plus_order(response: [u8; 32]) -> [u8; 32] {
    let mut carry = 0u16;
    let mut out = response;
    for (byte, order) in out.iter_mut().zip(SUBGROUP_ORDER) {
        carry += u16::from(*byte) + u16::from(order);
        *byte = carry as u8;
        carry >>= 8;
    }
    out
}

#[test]
fn valid_signatures_should_be_taken_in_any_number() {
    for count in (0..=17).chain([63, 64, 65, 300]) {
        let statements: Vec<_> = (0..count).map(|i| signed((i % 5) as u8, i)).collect();
        assert_eq!(verify_many(&statements), vec![true; count as usize]);
        if count < 66 {
            check(&statements);
        }
    }
}

#[test]
fn exceptional_points_should_be_added_right() {
    let small = [0u64, 1, 2, 3, 7, 8, 9, 15, 16, 128, 255, 256, 1 << 16, 1 << 32];
    let scalars: Vec<_> = small
        .iter()
        .flat_map(|x| [jubjub::Fr::from(*x), -jubjub::Fr::from(*x)])
        .collect();
    let mut statements = Vec::new();
    for secret in scalars.iter().filter(|secret| **secret != jubjub::Fr::zero()) {
        for nonce in &scalars {
            statements.push(sign_with(*secret, *nonce, Fr::from(5)));
        }
    }
    assert!(expected(&statements).iter().all(|valid| *valid));
    for backend in backends() {
        let mut verifier = verifier(backend, 1_000);
        for round in 0..3 {
            let wrong = verifier
                .verify_many(&statements)
                .iter()
                .filter(|valid| !**valid)
                .count();
            assert_eq!(wrong, 0, "{backend:?}, {round}");
        }
    }
}

#[test]
fn every_altered_bit_should_be_refused() {
    let good = signed(3, 99);
    let bytes = good.signature.to_bytes();
    let mut statements = vec![good];
    for bit in 0..8 * Signature::LENGTH {
        let mut bytes = bytes;
        bytes[bit / 8] ^= 1 << (bit % 8);
        let (mut challenge, mut response) = ([0; 16], [0; 32]);
        challenge.copy_from_slice(&bytes[..16]);
        response.copy_from_slice(&bytes[16..]);
        let signature = Signature {
            challenge: u128::from_le_bytes(challenge),
            response,
        };
        statements.push(Statement { signature, ..good });
    }
    let mut verdicts = vec![false; statements.len()];
    verdicts[0] = true;
    assert_eq!(expected(&statements), verdicts);
    check(&statements);
}

#[test]
fn responses_that_are_not_canonical_should_be_refused() {
    let good = signed(1, 7);
    let with = |response| Statement {
        signature: Signature {
            response,
            ..good.signature
        },
        ..good
    };
    let statements = [
        with(plus_order(good.signature.response)),
        with(SUBGROUP_ORDER),
        with([0xff; 32]),
        with([0; 32]),
        with((-jubjub::Fr::one()).to_bytes()),
        good,
    ];
    let verdicts = [false, false, false, false, false, true];
    assert_eq!(expected(&statements), verdicts);
    check(&statements);
}

#[test]
fn a_wrong_signature_should_not_touch_its_neighbours() {
    for place in 0..20 {
        let mut statements: Vec<_> = (0..20).map(|i| signed((i % 3) as u8, i)).collect();
        statements[place].signature.challenge ^= 1 << (place % 128);
        let verdicts = verify_many(&statements);
        assert_eq!(verdicts.iter().filter(|valid| **valid).count(), 19);
        assert!(!verdicts[place]);
    }
}

#[test]
fn keys_that_are_forgotten_should_still_be_checked_right() {
    let statements: Vec<_> = (0..40).map(|i| signed(i as u8, i)).collect();
    for backend in backends() {
        let mut verifier = verifier(backend, 2);
        for _ in 0..3 {
            for statement in &statements {
                let wrong = Statement {
                    message: statement.message + Fr::one(),
                    ..*statement
                };
                assert_eq!(
                    verifier.verify_many(&[*statement, wrong, *statement]),
                    [true, false, true]
                );
            }
        }
    }
}

/// Statements that are valid, and wrong in all ways.
fn statements() -> impl Strategy<Value = Vec<Statement>> {
    let one = (0u8..6, any::<u64>(), 0u8..8, any::<u128>(), any::<[u8; 32]>());
    prop::collection::vec(one, 0..30).prop_map(|all| {
        let make = |(seed, message, fault, challenge, response): (u8, u64, u8, u128, [u8; 32])| {
            let good = signed(seed, message);
            let signature = good.signature;
            match fault {
                0 => Statement {
                    message: good.message + Fr::one(),
                    ..good
                },
                1 => Statement {
                    key: signed(seed + 1, 0).key,
                    ..good
                },
                2 => Statement {
                    signature: Signature { challenge, ..signature },
                    ..good
                },
                3 => Statement {
                    signature: Signature { response, ..signature },
                    ..good
                },
                4 => Statement {
                    signature: Signature {
                        response: plus_order(signature.response),
                        ..signature
                    },
                    ..good
                },
                _ => good,
            }
        };
        all.into_iter().map(make).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn verdicts_should_be_those_of_one_after_the_other(statements in statements()) {
        check(&statements);
    }
}
