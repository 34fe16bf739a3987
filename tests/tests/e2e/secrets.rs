//! Two sequencers and the secret of their group (C-HAND-OVER, C-ROTATION), by the program `cloister` and nothing else:
//! one hands it over to the other, and when a third was taken away, they agree on another.

use cloister_client::{
    chain::{Chain, Until},
    oracle::developer,
};
use cloister_crypto::{field::to_bytes, seal::SealKey};
use cloister_runtime::{
    constants::development::SEAL_SEED, genesis_presets::SEQUENCER, AccountId, Runtime, RuntimeCall,
};
use cloister_tests::node::{beside_another, cloister, cloister_ends, start};
use polkadot_sdk::{
    frame_support::BoundedVec,
    pallet_sudo, pallet_utility,
    sp_core::crypto::Ss58Codec,
    sp_keyring::Sr25519Keyring::{Alice, Bob},
};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

const GROUP: u32 = 1;
/// The code of a command that was refused.
const REFUSED: i32 = 3;

/// A file that only its owner reads.
fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("set");
    path.to_str().expect("a path in UTF-8").to_owned()
}

fn read(path: &str) -> [u8; 32] {
    let text = fs::read_to_string(path).expect("a file");
    let bytes = hex::decode(text.trim()).expect("hexadecimal digits");
    bytes.try_into().expect("32 bytes")
}

/// Coordinates of the sealing key of a secret.
fn key(seed: &[u8; 32]) -> ([u8; 32], [u8; 32]) {
    let key = SealKey::from_seed(seed).public().expect("a key");
    (to_bytes(&key.x()), to_bytes(&key.y()))
}

/// Makes these members, one list after the other.
async fn members(chain: &Chain, lists: &[&[AccountId]]) {
    let set = |members: &&[AccountId]| {
        let members = BoundedVec::truncate_from(members.to_vec());
        RuntimeCall::Sequencers(pallet_cloister_sequencers::Call::set_members { group: GROUP, members })
    };
    let calls = lists.iter().map(set).collect();
    let all = RuntimeCall::Utility(pallet_utility::Call::<Runtime>::batch_all { calls });
    let sudo = pallet_sudo::Call::sudo { call: Box::new(all) };
    chain
        .submit(RuntimeCall::Sudo(sudo), &developer(), Until::Final)
        .await
        .expect("set");
}

#[tokio::test(flavor = "multi_thread")]
async fn sequencers_should_hand_their_secret_over_and_rotate_it() {
    let _place = beside_another().await;
    let (node, chain) = start("secrets", &[]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("a path in UTF-8").to_owned();
    let at = |line: &str| -> Vec<String> {
        let words = ["--node", node.url(), "sequencer"].map(str::to_owned).into_iter();
        words.chain(line.split(' ').map(str::to_owned)).collect()
    };
    let run = async |line: String| {
        let words = at(&line);
        cloister(&words.iter().map(String::as_str).collect::<Vec<_>>(), "").await
    };
    let refused = async |line: String| {
        let words = at(&line);
        let (code, _, said) = cloister_ends(&words.iter().map(String::as_str).collect::<Vec<_>>(), "").await;
        assert_eq!(code, Some(REFUSED), "{line}: {said}");
        said
    };
    let (one, alice, bob) = (SEQUENCER.to_account_id(), Alice.to_account_id(), Bob.to_account_id());
    let one_key = write(folder.path(), "one.key", "//One");
    let alice_key = write(folder.path(), "alice.key", "//Alice");
    let bob_key = write(folder.path(), "bob.key", "//Bob");
    let present = write(folder.path(), "present.hex", &hex::encode(SEAL_SEED));
    let former = write(folder.path(), "former.hex", &"05".repeat(32));
    let (one_transport, alice_transport) = (path("one.transport"), path("alice.transport"));
    members(&chain, &[&[one.clone(), alice.clone()]]).await;

    let said = refused(format!(
        "transport-key --transport-secret {} --key-file {bob_key}",
        path("bob")
    ))
    .await;
    assert!(said.contains("is no sequencer of group 1"), "{said}");
    let to_alice = format!("hand-over --to {} --secret", alice.to_ss58check());
    let said = refused(format!("{to_alice} {present} --key-file {one_key}")).await;
    assert!(said.contains("has published no transport key"), "{said}");
    let shown = run(format!(
        "transport-key --transport-secret {alice_transport} --key-file {alice_key}"
    ))
    .await;
    let public = shown.trim().strip_prefix("transport key ").expect("a key").to_owned();
    run(format!(
        "transport-key --transport-secret {one_transport} --key-file {one_key}"
    ))
    .await;

    // Alice has the secret of the sequencer, and the former one, once it was handed over, and not before.
    let receive = format!(
        "receive --account {} --transport-secret {alice_transport} --secret {}",
        alice.to_ss58check(),
        path("taken.hex")
    );
    assert!(refused(receive.clone())
        .await
        .contains("no member has handed the secret over"));
    let said = refused(format!("{to_alice} {former} --key-file {one_key}")).await;
    assert!(said.contains("is not that of the sealing key"), "{said}");
    let wrong = "07".repeat(32);
    let said = refused(format!(
        "{to_alice} {present} --transport-key {wrong} --key-file {one_key}"
    ))
    .await;
    assert!(said.contains(&format!("another transport key: {public}")), "{said}");
    let good = format!("--former-secret {former} --transport-key {public} --key-file {one_key}");
    run(format!("{to_alice} {present} {good}")).await;
    run(receive.clone()).await;
    assert_eq!(read(&path("taken.hex")), SEAL_SEED);
    assert_eq!(read(&path("taken.hex.former-1")), [5; 32]);
    // What was sealed to Alice is not One's.
    let other = receive.replace(&alice_transport, &one_transport);
    assert!(refused(other).await.contains("does not open"));

    // Nobody was taken away yet.
    let propose = |name: &str| format!("propose --secret {} --key-file {one_key}", path(name));
    assert!(refused(propose("new.hex")).await.contains("not due for rotation"));
    assert!(!folder.path().join("new.hex").exists());
    members(&chain, &[&[one.clone(), alice.clone(), bob], &[one, alice]]).await;
    let status = cloister(&["--node", node.url(), "status"], "").await;
    assert!(status.contains("DUE FOR ROTATION"), "{status}");

    run(propose("new.hex")).await;
    let new = read(&path("new.hex"));
    assert_eq!(chain.seal_key(GROUP, None).await.expect("a key"), key(&SEAL_SEED));
    let confirm = format!(
        "confirm --transport-secret {alice_transport} --secret {} --key-file {alice_key}",
        path("alice-new.hex")
    );
    let said = run(confirm).await;
    assert!(said.contains("it is the group's"), "{said}");
    assert_eq!(read(&path("alice-new.hex")), new);
    assert_eq!(chain.seal_key(GROUP, None).await.expect("a key"), key(&new));
    let status = run("status".to_owned()).await;
    assert!(
        status.contains("not due") && !status.contains("handed over by"),
        "{status}"
    );
}
