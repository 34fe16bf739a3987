//! How long the account tree of many leaves takes, beside its nodes hashed one after the other.
//!
//! `cargo run --release -p cloister-ledger --features many --example tree`

use cloister_crypto::{constants::ACCOUNT_TREE_DEPTH, poseidon2::compress8, Fr};
use cloister_ledger::tree::AccountTree;
use std::time::Instant;

const LEAVES: u32 = 20_000;

/// The root above leaves that fill their parents, one node after the other.
fn one_by_one(leaves: Vec<Fr>) -> Fr {
    let (mut level, mut empty) = (leaves, Fr::zero());
    for _ in 0..ACCOUNT_TREE_DEPTH {
        level = level
            .chunks(8)
            .map(|chunk| {
                let mut children = [empty; 8];
                children[..chunk.len()].copy_from_slice(chunk);
                compress8(&children)
            })
            .collect();
        empty = compress8(&[empty; 8]);
    }
    level[0]
}

fn main() {
    let leaves: Vec<Fr> = (1..=LEAVES).map(|i| Fr::from(u64::from(i))).collect();
    let start = Instant::now();
    let root = AccountTree::of_leaves((0..LEAVES).zip(leaves.iter().copied())).root();
    let tree = start.elapsed();
    let start = Instant::now();
    assert_eq!(root, one_by_one(leaves));
    let single = start.elapsed();
    println!(
        "tree_of_leaves_ms {} one_by_one_ms {}",
        tree.as_millis(),
        single.as_millis()
    );
}
