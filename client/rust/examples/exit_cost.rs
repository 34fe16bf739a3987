//! What it costs to leave a group after many batches: requests to a node, bytes, and seconds on this machine.
//!
//! `cargo run --release -p cloister-client --example exit_cost [BATCHES] [ACCOUNTS]`
//!
//! Every batch of a simulated chain touches accounts and writes where their last record is, as the chain does
//! (C-RECORD). Then one trader leaves with nothing but that state and the one block that has its record: the record is
//! decrypted, the tree is made of all leaves, and the exit is proven. The node itself is left out: the end-to-end test
//! `leaving` counts the same requests over a real one.

use cloister_client::exit::ExitProver;
use cloister_client_core::{
    exit::Exit,
    keys::TraderKeys,
    recovery::{tree_of_leaves, LastRecord},
    trader::Trader,
};
use cloister_crypto::field::to_bytes;
use cloister_ledger::{state::UnitRequest, FinalValues, Shape};
use cloister_ledger_testing::{Random, World, GENESIS, GROUP, SCOPE};
use cloister_settlement::Batch;
use cloister_types::AccountIndex;
use codec::Encode;
use pallet_cloister_execution::types::MAX_LEAF_PAGE;
use std::{env, error::Error, time::Instant};

const SHAPE: Shape = Shape::DEV;
/// 1,000 of the settlement asset.
const DEPOSIT: u64 = 1_000_000_000;
/// Account, hash of the block, block, root of the group.
const REQUESTS: u64 = 4;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1).map(|text| text.parse::<u32>());
    let batches = arguments.next().transpose()?.unwrap_or(100_000);
    let accounts = arguments.next().transpose()?.unwrap_or(100_000).max(2);
    let Chain {
        trader,
        batch,
        values,
        state,
    } = Chain::of(batches, accounts)?;

    let begin = Instant::now();
    let index = AccountIndex(trader.index);
    let record = state[trader.index as usize];
    let account = record.open(&batch, index, &SCOPE, &trader.known_keys())?;
    let opened = begin.elapsed();
    let tree = tree_of_leaves(state.iter().map(|record| record.leaf))?;
    let planted = begin.elapsed() - opened;
    let exit = Exit::at(account, &tree, &trader, values)?;
    let prover = ExitProver::new(None).await?;
    let proving = Instant::now();
    let proven = prover.prove(&exit).await?;

    let pages = u64::from(accounts.div_ceil(MAX_LEAF_PAGE));
    let kilobytes = (batch.encoded_size() + 32 * state.len()) / 1_000;
    println!("{batches} batches of {} units, {accounts} accounts", SHAPE.units);
    println!("the account has {} records; one of them is read", record.updates);
    println!(
        "requests: {} ({REQUESTS}, and {pages} pages of leaves)",
        REQUESTS + pages
    );
    println!("read: {kilobytes} kB (one batch, and 32 bytes for each account)");
    println!(
        "record {} ms, tree {} ms, proof {} ms ({} bytes)",
        opened.as_millis(),
        planted.as_millis(),
        proving.elapsed().as_millis(),
        proven.proof.len()
    );
    Ok(())
}

/// A chain after many batches, as far as one trader needs it.
struct Chain {
    trader: Trader,
    /// The trader's last batch.
    batch: Batch,
    values: FinalValues,
    /// What the state knows of every account.
    state: Vec<LastRecord>,
}

impl Chain {
    /// After so many batches of so many accounts.
    fn of(batches: u32, accounts: u32) -> Result<Self, Box<dyn Error>> {
        let keys = TraderKeys::from_seed(&[1; 32], None)?;
        let mut world = World::new(7);
        let mut opens = [world.open(DEPOSIT), world.open(DEPOSIT)];
        for open in &mut opens {
            if let UnitRequest::Open { view_key, .. } = open {
                *view_key = keys.view.key(&SCOPE);
            }
        }
        let request = world.padded(SHAPE, opens.to_vec());
        world.apply(SHAPE, &request);
        let trade = world.trade(0, 1).to_vec();
        let request = world.padded(SHAPE, trade);
        let (_, effect) = world.apply(SHAPE, &request);
        let known = &world.traders[0];
        let trader = Trader {
            keys: TraderKeys {
                trading: known.secret.clone(),
                ..keys
            },
            genesis: GENESIS,
            group: GROUP,
            index: known.index,
        };
        let own = world
            .state
            .account(AccountIndex(known.index))
            .ok_or("the trader is there")?;
        let batch = Batch::new(1, 1, &effect.statement, [0; 192])?;

        let mut random = Random::new(8);
        let blank = LastRecord {
            leaf: [0; 32],
            updates: 0,
            batch_no: 0,
            block: 0,
        };
        let mut state = vec![blank; accounts as usize];
        for batch_no in 0..batches {
            for _ in 0..SHAPE.units {
                let record = &mut state[random.below(u64::from(accounts)) as usize];
                record.updates += 1;
                (record.batch_no, record.block) = (batch_no.into(), 2 * batch_no);
            }
        }
        for record in &mut state {
            record.leaf = to_bytes(&random.field());
        }
        // The trader's own last record is a real one.
        state[known.index as usize] = LastRecord {
            leaf: to_bytes(&own.account.leaf()),
            updates: own.account.nonce,
            batch_no: batch.batch_no,
            block: 4,
        };
        Ok(Self {
            trader,
            batch,
            values: FinalValues::of(&world.table),
            state,
        })
    }
}
