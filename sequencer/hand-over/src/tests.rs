//! What opens, and what does not.

use super::*;

const SEED: Seed = [7; 32];

fn bound() -> Bound {
    Bound {
        genesis: [1; 32],
        group: 2,
        key: sealing_key(&SEED).expect("a key"),
        from: [3; 32],
        to: [4; 32],
    }
}

fn recipient() -> TransportKey {
    TransportKey::from_seed(&[9; 32])
}

#[test]
fn secrets_should_reach_whoever_they_are_sealed_to() {
    for number in 1..=MAX_SECRETS {
        let mut seeds = vec![SEED];
        seeds.extend((1..number).map(|n| [n as u8; 32]));
        let sealed = seal(&seeds, &recipient().public(), &bound()).expect("a ciphertext");
        assert_eq!(sealed.len(), OVERHEAD + 32 * number);
        let opened = recipient().open(&sealed, &bound()).expect("the secrets");
        assert_eq!(*opened, seeds);
        // The same secret twice is two ciphertexts.
        assert_ne!(seal(&seeds, &recipient().public(), &bound()), Ok(sealed));
    }
    assert_eq!(seal(&[], &recipient().public(), &bound()), Err(Error::Number(0)));
    let many = [SEED; MAX_SECRETS + 1];
    assert_eq!(seal(&many, &recipient().public(), &bound()), Err(Error::Number(9)));
}

#[test]
fn nobody_else_should_open_it() {
    let sealed = seal(&[SEED], &recipient().public(), &bound()).expect("a ciphertext");
    let other = TransportKey::from_seed(&[10; 32]);
    assert_eq!(other.open(&sealed, &bound()), Err(Error::Sealed));
}

#[test]
fn it_should_open_as_nothing_else() {
    let sealed = seal(&[SEED], &recipient().public(), &bound()).expect("a ciphertext");
    let (x, y) = bound().key;
    let other_key = sealing_key(&[8; 32]).expect("a key");
    for other in [
        Bound {
            genesis: [2; 32],
            ..bound()
        },
        Bound { group: 3, ..bound() },
        Bound {
            key: other_key,
            ..bound()
        },
        Bound { key: (y, x), ..bound() },
        Bound {
            from: [4; 32],
            ..bound()
        },
        Bound { to: [3; 32], ..bound() },
        Bound {
            from: [4; 32],
            to: [3; 32],
            ..bound()
        },
    ] {
        assert_eq!(recipient().open(&sealed, &other), Err(Error::Sealed), "{other:?}");
    }
}

#[test]
fn an_altered_ciphertext_should_not_open() {
    let sealed = seal(&[SEED, [8; 32]], &recipient().public(), &bound()).expect("a ciphertext");
    for place in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[place] ^= 1;
        assert_eq!(recipient().open(&altered, &bound()), Err(Error::Sealed), "byte {place}");
    }
    for length in 0..sealed.len() {
        assert_eq!(recipient().open(&sealed[..length], &bound()), Err(Error::Sealed));
    }
    let longer = [&sealed[..], &[0]].concat();
    assert_eq!(recipient().open(&longer, &bound()), Err(Error::Sealed));
}

#[test]
fn a_secret_of_another_key_should_be_refused_on_both_sides() {
    let transport = recipient().public();
    assert_eq!(seal(&[[8; 32], SEED], &transport, &bound()), Err(Error::OtherSecret));
    // A member that does not seal with this library.
    let own = |plain: &[u8]| {
        let ephemeral = StaticSecret::from([11; 32]);
        hpke::seal(&ephemeral, &PublicKey::from(transport), INFO, &bound().bytes(), plain).expect("a ciphertext")
    };
    assert_eq!(recipient().open(&own(&[8; 32]), &bound()), Err(Error::OtherSecret));
    assert_eq!(recipient().open(&own(&[]), &bound()), Err(Error::Number(0)));
    assert_eq!(recipient().open(&own(&[7; 33]), &bound()), Err(Error::Number(1)));
    assert_eq!(recipient().open(&own(&[7; 32 * 9]), &bound()), Err(Error::Number(9)));
    assert_eq!(*recipient().open(&own(&SEED), &bound()).expect("the secret"), [SEED]);
}

#[test]
fn a_transport_key_of_small_order_should_be_refused() {
    let mut one = [0; 32];
    one[0] = 1;
    for key in [[0; 32], one] {
        assert_eq!(seal(&[SEED], &key, &bound()), Err(Error::TransportKey));
    }
}

#[test]
fn secrets_should_not_be_shown() {
    let shown = format!("{:?}", recipient());
    assert!(!shown.contains("9, 9, 9"), "{shown}");
}
