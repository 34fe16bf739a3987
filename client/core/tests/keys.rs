//! Keys of traders and owners.

use cloister_client_core::{
    keys::{entropy, parse_seed, SeedError, TraderKeys},
    owner::{verify, OwnerKey, OwnerUriError},
};
use cloister_crypto::stream::Scope;

const SEED: [u8; 32] = [7; 32];
const SCOPE: Scope = Scope {
    genesis: [9; 32],
    group: 1,
};

#[test]
fn an_owner_should_come_from_the_secret_uri_when_there_is_one() {
    let keys = TraderKeys::from_seed(&SEED, Some("//Alice")).expect("keys");
    // Alice of every development chain, 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY.
    let alice = "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";
    assert_eq!(hex::encode(keys.owner.public()), alice);
    let refused = TraderKeys::from_seed(&SEED, Some("not words"));
    assert_eq!(refused.map(|_| ()), Err(OwnerUriError::Unknown("not words".into())));
}

#[test]
fn a_blank_secret_uri_should_not_become_the_development_account_that_everybody_can_sign_for() {
    for blank in ["", " ", "\t\n"] {
        let refused = TraderKeys::from_seed(&SEED, Some(blank));
        assert_eq!(refused.map(|_| ()), Err(OwnerUriError::Blank), "{blank:?}");
    }
    for (uri, public) in [("//Alice", true), ("///password", true), ("seed words", false)] {
        assert_eq!(OwnerKey::is_public(uri), public, "{uri}");
    }
}

#[test]
fn the_same_seed_should_give_the_same_keys() {
    let [one, other] = [(); 2].map(|()| TraderKeys::from_seed(&SEED, None).expect("keys"));
    assert_eq!(one.trading.public(), other.trading.public());
    assert_eq!(one.view.key(&SCOPE), other.view.key(&SCOPE));
    assert_eq!(one.owner.public(), other.owner.public());
}

#[test]
fn every_group_of_every_chain_should_have_its_own_view_key() {
    let [one, other] = [SEED, [8; 32]].map(|seed| TraderKeys::from_seed(&seed, None).expect("keys"));
    let mut genesis = SCOPE.genesis;
    genesis[31] ^= 1;
    let keys = [
        one.view.key(&SCOPE),
        one.view.key(&Scope { group: 2, ..SCOPE }),
        one.view.key(&Scope { genesis, ..SCOPE }),
        other.view.key(&SCOPE),
    ];
    for (i, key) in keys.iter().enumerate() {
        assert!(!keys[i + 1..].contains(key), "{i}");
    }
}

#[test]
fn a_signature_should_verify_for_its_message_and_account_only() {
    let (alice, bob) = (
        OwnerKey::from_uri("//Alice").expect("a key"),
        OwnerKey::from_uri("//Bob").expect("a key"),
    );
    let signature = alice.sign(b"pay");
    assert!(verify(&alice.public(), b"pay", &signature));
    assert!(!verify(&alice.public(), b"pay me", &signature));
    assert!(!verify(&bob.public(), b"pay", &signature));
}

#[test]
fn a_seed_should_be_64_hexadecimal_digits() {
    assert_eq!(parse_seed(&hex::encode(SEED)), Ok(SEED));
    assert_eq!(parse_seed("abc"), Err(SeedError));
    assert_eq!(parse_seed(&"g".repeat(64)), Err(SeedError));
}

#[test]
fn entropy_should_differ_each_time() {
    let (one, other): ([u8; 32], [u8; 32]) = (entropy().expect("random"), entropy().expect("random"));
    assert_ne!(one, other);
}

#[test]
fn debug_output_should_hold_no_secret() {
    let keys = TraderKeys::from_seed(&SEED, None).expect("keys");
    let shown = format!(
        "TraderKeys {{ owner: OwnerKey(\"{}\"), .. }}",
        hex::encode(keys.owner.public())
    );
    assert_eq!(format!("{keys:?}"), shown);
}
