//! Wallet files.

use cloister_cli::wallet::{Wallet, WalletError};
use cloister_client_core::{keys::TraderKeys, owner::OwnerUriError};
use cloister_crypto::stream::Scope;
use std::{fs, os::unix::fs::PermissionsExt};
use tempfile::{tempdir, TempDir};

fn directory() -> TempDir {
    tempdir().expect("a temporary directory")
}

const SEED: [u8; 32] = [7; 32];

#[test]
fn a_wallet_should_come_back_with_the_same_keys_and_be_private() {
    let directory = directory();
    let path = {
        let wallet = Wallet::create(directory.path(), "default", Some(SEED), None).expect("made");
        assert_eq!(wallet.seed(), hex::encode(SEED));
        wallet.path().to_owned()
    };
    assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
    let wallet = Wallet::open(directory.path(), "default").expect("opened");
    let keys = TraderKeys::from_seed(&SEED, None).expect("keys");
    assert_eq!(wallet.keys().trading.public(), keys.trading.public());
    let scope = Scope {
        genesis: [9; 32],
        group: 1,
    };
    assert_eq!(wallet.keys().view.key(&scope), keys.view.key(&scope));
    assert_eq!(wallet.keys().owner.public(), keys.owner.public());
}

#[test]
fn a_wallet_should_be_refused_when_its_secret_uri_is_none() {
    let directory = directory();
    let refused = Wallet::create(directory.path(), "w", Some(SEED), Some("not words".into()));
    assert!(matches!(refused, Err(WalletError::Uri(OwnerUriError::Unknown(_)))));
    let blank = Wallet::create(directory.path(), "w", Some(SEED), Some(String::new()));
    assert!(matches!(blank, Err(WalletError::Uri(OwnerUriError::Blank))));
    assert!(!directory.path().join("w.json").exists());
    let public = Wallet::create(directory.path(), "w", Some(SEED), Some("//Alice".into())).expect("made");
    assert!(public.owner_is_public());
    let own = Wallet::create(directory.path(), "own", Some(SEED), None).expect("made");
    assert!(!own.owner_is_public());
}

#[test]
fn ids_should_never_be_taken_twice_across_openings() {
    let directory = directory();
    let mut wallet = Wallet::create(directory.path(), "w", None, None).expect("made");
    assert_eq!(
        (wallet.take_id().expect("taken"), wallet.take_id().expect("taken")),
        (1, 2)
    );
    drop(wallet);
    let mut wallet = Wallet::open(directory.path(), "w").expect("opened");
    assert_eq!(wallet.take_id().expect("taken"), 3);
    wallet.skip_to(100).expect("skipped");
    wallet.skip_to(50).expect("nothing to do");
    assert_eq!(wallet.take_id().expect("taken"), 100);
}

#[test]
fn an_amendment_should_take_a_higher_id_of_its_slot_that_nothing_else_takes() {
    let directory = directory();
    let mut wallet = Wallet::create(directory.path(), "w", None, None).expect("made");
    for id in 1..=20 {
        assert_eq!(wallet.take_id().expect("taken"), id);
    }
    assert_eq!(wallet.take_id_after(17).expect("taken"), 17 + 512);
    // Once more, of the order that it has become.
    assert_eq!(wallet.take_id_after(529).expect("taken"), 529 + 512);
    assert_eq!(wallet.take_id_after(3).expect("taken"), 515);
    // An order whose id lies far behind.
    wallet.skip_to(510).expect("skipped");
    assert_eq!(wallet.take_id_after(5).expect("taken"), 517);
    drop(wallet);

    let mut wallet = Wallet::open(directory.path(), "w").expect("opened");
    let mut taken = Vec::new();
    while taken.last().is_none_or(|last| *last < 1_060) {
        taken.push(wallet.take_id().expect("taken"));
    }
    let skipped: Vec<u64> = (510..1_060).filter(|id| !taken.contains(id)).collect();
    // 529 would be behind 1041 in its slot.
    assert_eq!(skipped, [515, 517, 529, 1_041]);
    assert_eq!(wallet.take_id_after(1_041).expect("taken"), 1_553);
}

#[test]
fn an_order_should_not_take_the_slot_of_one_that_is_alive() {
    let directory = directory();
    let mut wallet = Wallet::create(directory.path(), "w", None, None).expect("made");
    wallet.skip_to(1_000).expect("skipped");
    // 488 and 489 are the slots of 1000 and 1001.
    assert_eq!(wallet.take_id_beside(&[488, 489, 7]).expect("taken"), 1_002);
    assert_eq!(wallet.take_id_beside(&[488, 489, 7]).expect("taken"), 1_003);
    let all: Vec<u64> = (0..512).collect();
    assert!(matches!(wallet.take_id_beside(&all), Err(WalletError::NoSlot)));
    assert_eq!(wallet.take_id().expect("taken"), 1_004);
}

#[test]
fn an_id_that_is_void_should_not_be_taken() {
    let directory = directory();
    let mut wallet = Wallet::create(directory.path(), "w", None, None).expect("made");
    wallet.void(2).expect("written");
    assert_eq!(
        [wallet.take_id(), wallet.take_id()].map(|id| id.expect("taken")),
        [1, 3]
    );
    // One that was used already changes nothing.
    wallet.void(1).expect("written");
    assert_eq!(wallet.take_id().expect("taken"), 4);
}

#[test]
fn a_wallet_should_be_refused_when_it_is_missing_taken_or_in_use() {
    let directory = directory();
    assert!(matches!(
        Wallet::open(directory.path(), "none"),
        Err(WalletError::Missing(_))
    ));
    let wallet = Wallet::create(directory.path(), "w", None, None).expect("made");
    assert!(matches!(
        Wallet::create(directory.path(), "w", None, None),
        Err(WalletError::Exists(_))
    ));
    assert!(matches!(
        Wallet::open(directory.path(), "w"),
        Err(WalletError::Locked(_))
    ));
    drop(wallet);
    assert!(matches!(
        Wallet::open(directory.path(), "../w"),
        Err(WalletError::Name(_))
    ));
}

#[test]
fn a_wallet_should_be_refused_when_others_can_read_it_or_it_is_damaged() {
    let directory = directory();
    let path = Wallet::create(directory.path(), "w", None, None)
        .expect("made")
        .path()
        .to_owned();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("changed");
    assert!(matches!(
        Wallet::open(directory.path(), "w"),
        Err(WalletError::Exposed { mode: 0o644, .. })
    ));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("changed");
    fs::write(&path, "{}").expect("written");
    assert!(matches!(
        Wallet::open(directory.path(), "w"),
        Err(WalletError::Format { .. })
    ));
}

#[test]
fn debug_output_should_hold_no_secret() {
    let directory = directory();
    let wallet = Wallet::create(directory.path(), "w", Some(SEED), None).expect("made");
    let text = format!("{wallet:?}");
    assert!(!text.contains(&hex::encode(SEED)) && !text.contains("seed"), "{text}");
}

#[test]
fn keys_that_are_asked_for_should_be_in_the_file_and_in_force_once_they_are_taken() {
    let directory = directory();
    let open = || Wallet::open(directory.path(), "w").expect("opened");
    let scope = Scope {
        genesis: [9; 32],
        group: 1,
    };
    let other = Scope { group: 2, ..scope };
    drop(Wallet::create(directory.path(), "w", Some(SEED), None).expect("made"));
    let first = open().keys().clone();
    let asked = open().ask(&scope).expect("asked");
    assert_ne!(asked.trading.public(), first.trading.public());
    assert_ne!(asked.view.key(&scope), first.view.key(&scope));
    assert_eq!(asked.owner.public(), first.owner.public());
    // Whoever is interrupted asks for the same keys again, and has the old ones meanwhile.
    let again = open().ask(&scope).expect("asked");
    assert_eq!(again.trading.public(), asked.trading.public());
    let in_force = |scope: &Scope| open().keys_in(scope).expect("keys");
    assert_eq!(in_force(&scope).trading.public(), first.trading.public());
    assert!(open().asked_in(&other).expect("none").is_none());

    open().taken(&scope).expect("written");
    assert!(open().asked_in(&scope).expect("none").is_none());
    assert_eq!(in_force(&scope).trading.public(), asked.trading.public());
    assert_eq!(in_force(&other).trading.public(), first.trading.public());
    let (former, view) = in_force(&scope).former[0].clone();
    assert_eq!(
        (former, view.key(&scope)),
        (first.trading.public(), first.view.key(&scope))
    );
    // Another one comes after it.
    let third = open().ask(&scope).expect("asked");
    assert_ne!(third.trading.public(), asked.trading.public());
    assert_eq!(third.former.len(), 2);
}
