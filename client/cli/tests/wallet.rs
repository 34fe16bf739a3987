//! Wallet files.

use cloister_client::wallet::{parse_seed, Keys, Wallet, WalletError};
use polkadot_sdk::sp_core::Pair;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

/// A directory of its own for each test.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("cloister-wallet-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a temporary directory");
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // Left behind if it cannot be removed; nothing depends on it.
        let _ = fs::remove_dir_all(&self.0);
    }
}

const SEED: [u8; 32] = [7; 32];

#[test]
fn a_wallet_should_come_back_with_the_same_keys_and_be_private() {
    let directory = Directory::new();
    let path = {
        let wallet = Wallet::create(&directory.0, "default", Some(SEED), None).expect("made");
        assert_eq!(wallet.seed(), hex::encode(SEED));
        wallet.path().to_owned()
    };
    assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
    let wallet = Wallet::open(&directory.0, "default").expect("opened");
    let keys = Keys::from_seed(&SEED, None).expect("keys");
    assert_eq!(wallet.keys().trading.public(), keys.trading.public());
    assert_eq!(wallet.keys().view, keys.view);
    assert_eq!(wallet.keys().owner.public(), keys.owner.public());
}

#[test]
fn an_owner_should_come_from_the_secret_uri_when_there_is_one() {
    let keys = Keys::from_seed(&SEED, Some("//Alice")).expect("keys");
    let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
    assert_eq!(
        polkadot_sdk::sp_core::crypto::Ss58Codec::to_ss58check(&keys.owner.public()),
        alice
    );
    assert!(matches!(
        Keys::from_seed(&SEED, Some("not words")),
        Err(WalletError::Uri(_))
    ));
}

#[test]
fn ids_should_never_be_taken_twice_across_openings() {
    let directory = Directory::new();
    let mut wallet = Wallet::create(&directory.0, "w", None, None).expect("made");
    assert_eq!(
        (wallet.take_id().expect("taken"), wallet.take_id().expect("taken")),
        (1, 2)
    );
    drop(wallet);
    let mut wallet = Wallet::open(&directory.0, "w").expect("opened");
    assert_eq!(wallet.take_id().expect("taken"), 3);
    wallet.skip_to(100).expect("skipped");
    wallet.skip_to(50).expect("nothing to do");
    assert_eq!(wallet.take_id().expect("taken"), 100);
}

#[test]
fn a_wallet_should_be_refused_when_it_is_missing_taken_or_in_use() {
    let directory = Directory::new();
    assert!(matches!(
        Wallet::open(&directory.0, "none"),
        Err(WalletError::Missing(_))
    ));
    let wallet = Wallet::create(&directory.0, "w", None, None).expect("made");
    assert!(matches!(
        Wallet::create(&directory.0, "w", None, None),
        Err(WalletError::Exists(_))
    ));
    assert!(matches!(Wallet::open(&directory.0, "w"), Err(WalletError::Locked(_))));
    drop(wallet);
    assert!(matches!(Wallet::open(&directory.0, "../w"), Err(WalletError::Name(_))));
}

#[test]
fn a_wallet_should_be_refused_when_others_can_read_it_or_it_is_damaged() {
    let directory = Directory::new();
    let path = Wallet::create(&directory.0, "w", None, None)
        .expect("made")
        .path()
        .to_owned();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("changed");
    assert!(matches!(
        Wallet::open(&directory.0, "w"),
        Err(WalletError::Exposed { mode: 0o644, .. })
    ));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("changed");
    fs::write(&path, "{}").expect("written");
    assert!(matches!(
        Wallet::open(&directory.0, "w"),
        Err(WalletError::Format { .. })
    ));
}

#[test]
fn a_seed_should_be_64_hexadecimal_digits() {
    assert_eq!(parse_seed(&hex::encode(SEED)).expect("a seed"), SEED);
    assert!(matches!(parse_seed("abc"), Err(WalletError::Seed)));
    assert!(matches!(parse_seed(&"g".repeat(64)), Err(WalletError::Seed)));
}

#[test]
fn debug_output_should_hold_no_secret() {
    let directory = Directory::new();
    let wallet = Wallet::create(&directory.0, "w", Some(SEED), None).expect("made");
    let text = format!("{wallet:?}");
    assert!(!text.contains(&hex::encode(SEED)) && !text.contains("seed"), "{text}");
}
