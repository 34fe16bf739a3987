//! The owner's key against the SDK's own: the same public key and signatures that verify, for every form of secret URI.

use cloister_client_core::owner::{verify, OwnerKey};
use polkadot_sdk::sp_core::{sr25519, Pair};

const PHRASE: &str = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
const SEED: &str = "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a";

fn uris() -> Vec<String> {
    let words = "legal winner thank year wave sausage worth useful legal winner thank yellow";
    vec![
        "//Alice".into(),
        "//Demo//3".into(),
        "//Demo/soft/7//hard".into(),
        "//A name of more than thirty-two bytes is hashed".into(),
        "///password".into(),
        PHRASE.into(),
        format!("{PHRASE}//Alice///password"),
        format!("{words}/0/1"),
        SEED.into(),
        format!("{SEED}//stash"),
    ]
}

#[test]
fn an_owner_should_be_the_one_of_the_sdk_for_the_same_uri() {
    for uri in uris() {
        let ours = OwnerKey::from_uri(&uri).expect("a secret URI");
        let (theirs, _) = sr25519::Pair::from_string_with_seed(&uri, None).expect("a secret URI");
        assert_eq!(ours.public(), theirs.public().0, "{uri}");
        let signature = sr25519::Signature::from_raw(ours.sign(b"message"));
        assert!(sr25519::Pair::verify(&signature, b"message", &theirs.public()), "{uri}");
        assert!(verify(&ours.public(), b"message", &theirs.sign(b"message").0), "{uri}");
    }
}

#[test]
fn an_owner_should_be_the_one_of_the_sdk_for_the_same_seed() {
    for byte in [0, 1, 7, 0xff] {
        let theirs = sr25519::Pair::from_seed(&[byte; 32]);
        assert_eq!(OwnerKey::from_seed(&[byte; 32]).public(), theirs.public().0);
    }
}

#[test]
fn a_text_should_be_refused_where_the_sdk_refuses_it() {
    for text in [
        "not words",
        "0x12",
        "0xzz",
        "bottom drive obey",
        "//Alice/ /",
        "\u{e9}//Alice",
    ] {
        let theirs = sr25519::Pair::from_string(text, None).is_ok();
        assert_eq!(OwnerKey::from_uri(text).is_ok(), theirs, "{text}");
    }
}
