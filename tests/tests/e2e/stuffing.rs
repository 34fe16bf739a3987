//! Blocks that somebody pays to fill (C-PRIORITY).

use cloister_client::chain::{Chain, Until};
use cloister_client_core::owner::OwnerKey;
use cloister_runtime::{Hash, RuntimeCall, RuntimeEvent};
use futures::{stream, StreamExt};
use pallet_cloister_execution::Event;
use polkadot_sdk::frame_system;
use std::collections::BTreeMap;

/// A block has room for three of these besides what is operational.
const BYTES: usize = 1 << 20;
const ROOM: usize = 3;
/// Number of transactions: enough for twenty blocks.
const TRANSACTIONS: usize = 60;
/// Number of transactions that wait at any time: enough for four blocks.
const WAITING: usize = 12;

/// Fills block after block, and returns how many of its transactions each block has.
pub async fn stuff(chain: &Chain) -> BTreeMap<Hash, usize> {
    let whale = OwnerKey::from_uri("//Charlie").expect("the URI is well-formed");
    let fill = |n: usize| {
        let remark = vec![n as u8; BYTES];
        let call = RuntimeCall::System(frame_system::Call::remark { remark });
        let whale = &whale;
        async move { chain.submit(call, whale, Until::InBlock).await.expect("included").block }
    };
    let mut filled = BTreeMap::new();
    let mut blocks = stream::iter(0..TRANSACTIONS).map(fill).buffer_unordered(WAITING);
    while let Some(block) = blocks.next().await {
        *filled.entry(block).or_insert(0) += 1;
    }
    filled
}

/// Most of the blocks were full, and the group went on in them: a batch was settled in one at least.
pub async fn should_have_stopped_nothing(chain: &Chain, filled: &BTreeMap<Hash, usize>, group: u32) {
    let full: Vec<&Hash> = filled
        .iter()
        .filter(|(_, count)| **count >= ROOM)
        .map(|(block, _)| block)
        .collect();
    assert!(full.len() >= TRANSACTIONS / ROOM / 2, "{filled:?}");
    let mut settled = 0;
    for block in full {
        let view = chain.block(*block).await.expect("a block");
        let events = view.extrinsics.iter().flat_map(|extrinsic| &extrinsic.events);
        let own = |event: &&RuntimeEvent| {
            matches!(event,
        RuntimeEvent::Execution(Event::BatchSettled { group: of, .. }) if *of == group)
        };
        settled += events.filter(own).count();
    }
    assert!(settled > 0, "no batch was settled in a full block");
    println!("{settled} batches in {} full blocks", filled.len());
}
