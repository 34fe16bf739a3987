//! Keystream, commitments, sealing and read authentication (P-STREAM, P-SEAL, P-AUTH).

use cloister_crypto::{
    auth,
    constants::domain,
    field::{limbs, to_bytes},
    poseidon2::{sponge, sponge_block},
    schnorr::{PublicKeyError, SecretKey},
    seal::{seal, SealError, SealKey, SealPublicKey, Sealed},
    stream::{account_pads, house_pads, view_commitment, Scope},
    Fr,
};

const SCOPE: Scope = Scope {
    genesis: [7; 32],
    group: 4,
};

/// Scopes that differ from [`SCOPE`] in one thing each.
fn other_scopes() -> [Scope; 3] {
    let genesis = |at: usize| {
        let mut genesis = SCOPE.genesis;
        genesis[at] ^= 1;
        genesis
    };
    [
        Scope { group: 5, ..SCOPE },
        Scope {
            genesis: genesis(0),
            ..SCOPE
        },
        Scope {
            genesis: genesis(31),
            ..SCOPE
        },
    ]
}

#[test]
fn salt_of_a_stream_should_be_the_hash_of_chain_group_and_salt() {
    let (lo, hi) = limbs(&SCOPE.genesis);
    let elements = [lo, hi, Fr::from(4), Fr::from(6)];
    assert_eq!(SCOPE.salt(Fr::from(6)).get(), sponge(domain::STREAM_SALT, &elements));
}

#[test]
fn two_groups_or_chains_with_one_view_key_should_share_no_pad_and_no_commitment() {
    // Key, index, nonce and salt are the same: a sequencer of both chooses the salt.
    let (key, salt) = (Fr::from(5), Fr::from(6));
    let ours = [
        account_pads(key, 3, 9, SCOPE.salt(salt), 14),
        house_pads(key, 9, SCOPE.salt(salt), 14),
    ]
    .concat();
    for other in other_scopes() {
        let theirs = [
            account_pads(key, 3, 9, other.salt(salt), 14),
            house_pads(key, 9, other.salt(salt), 14),
        ]
        .concat();
        assert!(ours.iter().all(|pad| !theirs.contains(pad)), "{other:?}");
        assert_ne!(view_commitment(&other, key), view_commitment(&SCOPE, key));
    }
}

#[test]
fn pads_should_be_the_blocks_of_the_sponge() {
    let (key, stream) = (Fr::from(5), SCOPE.salt(Fr::from(6)));
    let salt = stream.get();
    let pads = account_pads(key, 3, 9, stream, 10);
    assert_eq!(pads.len(), 10);
    assert_eq!(
        pads[..7],
        sponge_block(domain::STREAM, &[key, Fr::from(3), Fr::from(9), salt, Fr::zero()])
    );
    assert_eq!(
        pads[7..],
        sponge_block(domain::STREAM, &[key, Fr::from(3), Fr::from(9), salt, Fr::one()])[..3]
    );
}

#[test]
fn pads_should_never_repeat_across_key_index_nonce_salt_or_owner() {
    let mut all = Vec::new();
    for key in 1..4 {
        for nonce in 0..3 {
            for salt in 0..3 {
                let salt = SCOPE.salt(Fr::from(salt));
                for index in 0..2 {
                    all.extend(account_pads(Fr::from(key), index, nonce, salt, 14));
                }
                all.extend(house_pads(Fr::from(key), nonce, salt, 14));
            }
        }
    }
    let count = all.len();
    let mut bytes: Vec<_> = all.iter().map(to_bytes).collect();
    bytes.sort_unstable();
    bytes.dedup();
    assert_eq!(bytes.len(), count);
}

#[test]
fn view_commitment_should_be_the_tagged_hash() {
    let (lo, hi) = limbs(&SCOPE.genesis);
    assert_eq!(
        view_commitment(&SCOPE, Fr::from(5)),
        sponge(domain::VIEW, &[lo, hi, Fr::from(4), Fr::from(5)])
    );
}

fn read_request() -> auth::Request {
    auth::Request {
        scope: SCOPE,
        purpose: auth::Purpose::Account,
        index: 3,
        time: 4,
    }
}

/// Requests that differ from [`read_request`] in one thing each.
fn other_requests() -> Vec<auth::Request> {
    let request = read_request();
    let mut others: Vec<_> = other_scopes().map(|scope| auth::Request { scope, ..request }).into();
    others.push(auth::Request { index: 9, ..request });
    others.push(auth::Request { time: 9, ..request });
    others.push(auth::Request {
        purpose: auth::Purpose::Fills,
        ..request
    });
    others
}

#[test]
fn read_tag_should_depend_on_every_part() {
    let (key, request) = (Fr::from(1), read_request());
    assert_ne!(request.tag(key), request.tag(Fr::from(9)));
    for other in other_requests() {
        assert_ne!(request.tag(key), other.tag(key), "{other:?}");
    }
}

#[test]
fn read_tag_should_be_the_one_of_the_specification() {
    let request = read_request();
    let (lo, hi) = limbs(&SCOPE.genesis);
    let rest = [lo, hi, Fr::from(1), Fr::from(4), Fr::from(3), Fr::from(4)];
    let with_key = [&[Fr::from(5)], &rest[..]].concat();
    assert_eq!(request.tag(Fr::from(5)), sponge(domain::AUTH, &with_key));
    assert_eq!(request.message(), sponge(domain::AUTH, &rest));
}

#[test]
fn signed_message_should_depend_on_every_part_and_be_no_tag() {
    let request = read_request();
    for other in other_requests() {
        assert_ne!(request.message(), other.message(), "{other:?}");
    }
    // A view key of 0 does not make one of the other: the number of elements is hashed too.
    assert_ne!(request.message(), request.tag(Fr::zero()));
}

#[test]
fn sealed_key_should_open_with_the_right_key_only() {
    let key = SealKey::from_seed(&[1; 32]);
    let view_key = Fr::from(123456);
    let sealed = seal(view_key, &key.public().unwrap(), &[7; 64]);
    assert_eq!(key.open(&sealed), Ok(view_key));
    let other = SealKey::from_seed(&[2; 32]).open(&sealed).unwrap();
    assert_ne!(view_commitment(&SCOPE, other), view_commitment(&SCOPE, view_key));
}

#[test]
fn fresh_entropy_should_give_unlinkable_seals() {
    let key = SealKey::from_seed(&[1; 32]).public().unwrap();
    let (a, b) = (seal(Fr::from(1), &key, &[7; 64]), seal(Fr::from(1), &key, &[8; 64]));
    for element in 0..3 {
        assert_ne!(
            a.0[32 * element..32 * element + 32],
            b.0[32 * element..32 * element + 32]
        );
    }
}

#[test]
fn malformed_seals_should_be_refused() {
    let key = SealKey::from_seed(&[1; 32]);
    let good = seal(Fr::from(1), &key.public().unwrap(), &[7; 64]);
    for element in 0..3 {
        let mut sealed = good;
        sealed.0[32 * element..32 * element + 32].fill(255);
        assert_eq!(key.open(&sealed), Err(SealError::NonCanonical));
    }
    let mut off_curve = good;
    off_curve.0[0] ^= 1;
    assert_eq!(
        key.open(&off_curve),
        Err(SealError::Ephemeral(PublicKeyError::NotOnCurve))
    );
    let mut identity = [0; Sealed::LENGTH];
    identity[32] = 1;
    assert_eq!(
        key.open(&Sealed(identity)),
        Err(SealError::Ephemeral(PublicKeyError::Identity))
    );
    // The point of order two would reveal one bit of the secret key.
    let mut order_two = [0; Sealed::LENGTH];
    order_two[32..64].copy_from_slice(&to_bytes(&-Fr::one()));
    assert_eq!(
        key.open(&Sealed(order_two)),
        Err(SealError::Ephemeral(PublicKeyError::NotPrimeOrder))
    );
}

#[test]
fn sealing_key_should_refuse_bad_points() {
    assert_eq!(
        SealPublicKey::from_coordinates(Fr::zero(), Fr::one()),
        Err(PublicKeyError::Identity)
    );
    assert_eq!(
        SealPublicKey::from_coordinates(Fr::one(), Fr::one()),
        Err(PublicKeyError::NotOnCurve)
    );
}

#[test]
fn signing_and_sealing_keys_of_one_seed_should_differ() {
    let sealing = SealKey::from_seed(&[1; 32]).public().unwrap();
    assert_ne!(sealing.x(), SecretKey::from_seed(&[1; 32]).public().x());
}
