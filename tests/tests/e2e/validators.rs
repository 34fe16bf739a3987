//! A validator rotates its keys on a real node (C-VALIDATORS): the node makes them, the account sets them from
//! JavaScript, and blocks are made and final with the new ones.

use cloister_client::chain::Chain;
use cloister_client_core::owner::OwnerKey;
use cloister_runtime::{opaque::SessionKeys, AccountId};
use cloister_tests::{
    javascript::{address, bytes, call, JavaScript, Outcome, CLIENTS},
    node::{beside_another, start},
};
use codec::Decode;
use serde_json::{json, Value};
use std::time::{Duration, Instant};

/// Three sessions of a development chain, and as much again.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_secs(1);

/// What the node answers who is asked for new keys of an account.
async fn rotate(js: &mut JavaScript, owner: &AccountId) -> (SessionKeys, Value) {
    let made = js
        .rpc("author_rotateKeysWithOwner", json!([bytes(owner.as_ref())]))
        .await;
    let has = js.rpc("author_hasSessionKeys", json!([made["keys"]])).await;
    assert_eq!(has, true, "the node keeps what it makes");
    let keys = made["keys"].as_str().expect("keys").trim_start_matches("0x");
    let keys = hex::decode(keys).expect("hexadecimal");
    let keys = SessionKeys::decode(&mut &keys[..]).expect("the keys of this runtime");
    (keys, made["proof"].clone())
}

async fn finalized(chain: &Chain) -> u32 {
    let head = chain.finalized().await.expect("a final block");
    chain.header(Some(head)).await.expect("its header").number
}

#[tokio::test(flavor = "multi_thread")]
async fn validator_should_rotate_its_keys_and_go_on() {
    let _place = beside_another().await;
    let (node, chain) = start("validators", &[]).await;
    let [client, _] = CLIENTS;
    let mut js = JavaScript::start(client, node.url(), "//Alice", node.log()).await;
    let alice = js.owner.clone();
    let bob: AccountId = OwnerKey::from_uri("//Bob").expect("well-formed").public().into();
    let of_genesis = authorities(&mut js).await;

    let set = |keys: &SessionKeys, proof: &Value| {
        let (aura, grandpa): (&[u8], &[u8]) = (keys.aura.as_ref(), keys.grandpa.as_ref());
        let keys = json!({ "aura": bytes(aura), "grandpa": bytes(grandpa) });
        call("Session", "set_keys", json!({ "keys": keys, "proof": proof }))
    };
    // What was made for another account is no proof.
    let (keys, proof) = rotate(&mut js, &bob).await;
    assert_eq!(js.submit(set(&keys, &proof)).await.error(), "InvalidProof");
    let (keys, proof) = rotate(&mut js, &alice).await;
    let done = js.submit(set(&keys, &proof)).await;
    assert!(matches!(done, Outcome::Took(_)), "{done:?}");

    let begin = Instant::now();
    let own = json!([bytes(keys.aura.as_ref())]);
    loop {
        let now = authorities(&mut js).await;
        if now == own {
            break;
        }
        assert_eq!(now, of_genesis);
        assert!(begin.elapsed() < PATIENCE, "the keys are not rotated");
        tokio::time::sleep(POLL).await;
    }
    // Blocks of the new keys become final by votes of the new keys.
    let best = chain.header(None).await.expect("its header").number;
    while finalized(&chain).await < best + 3 {
        assert!(begin.elapsed() < PATIENCE, "nothing is final any more");
        tokio::time::sleep(POLL).await;
    }
    // The client shows whose the new keys are.
    let head = chain.finalized().await.expect("a final block");
    let author = js.ask(json!({ "do": "author", "block": bytes(head.as_ref()) })).await;
    assert_eq!(author, address(&alice));
}

/// The keys that make blocks now.
async fn authorities(js: &mut JavaScript) -> Value {
    js.storage("Aura", "Authorities", json!([])).await
}
