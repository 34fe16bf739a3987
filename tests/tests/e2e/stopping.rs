//! A node with a sequencer that is asked to stop and starts again: how it ends, and what is there afterwards.

use cloister_cli::{
    demo::node::{NodeOptions, NodeProcess},
    progress::Progress,
    replay::Feeder,
};
use cloister_client::{
    chain::{Chain, Until},
    funding::fund,
    instrument::find,
    oracle::feeds_of,
    seal::SealProver,
    sequencer::{SequencerClient, SequencerError},
    trader::{self, now, owner_of},
};
use cloister_client_core::{
    amount::Decimal,
    keys::TraderKeys,
    trader::{OrderTerms, Trader},
};
use cloister_ledger::{instruction::flags, Side, Trigger};
use cloister_sequencer_rpc::{types::AccountInfo, ErrorCode};
use cloister_tests::node::{beside_another, binary, connect};
use cloister_types::Price;
use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};
use tempfile::TempDir;

const GROUP: u32 = 1;
/// 10,000 of the settlement asset.
const FUNDS: u64 = 10_000_000_000;
/// 5,000 of the settlement asset.
const DEPOSIT: u64 = 5_000_000_000;
/// An hour in milliseconds.
const HOUR: u64 = 3_600_000;
/// How long something may take that happens by itself.
const PATIENCE: Duration = Duration::from_secs(240);

/// A node of a chain that stays in a folder, with its sequencer and its prices.
struct Scene {
    node: NodeProcess,
    chain: Chain,
    sequencer: SequencerClient,
    _feeder: Feeder,
}

impl Scene {
    async fn start(folder: &Path, name: &str) -> Self {
        let base = folder.to_str().expect("a path in UTF-8");
        let arguments = ["--dev", "--base-path", base, "--sequencer"];
        let mut node = NodeProcess::start(&NodeOptions {
            binary: binary(),
            log: binary().with_file_name(format!("e2e-{name}.log")),
            arguments: arguments.map(str::to_owned).to_vec(),
        })
        .expect("the node starts");
        let chain = connect(&mut node).await;
        let price: Decimal = "60000".parse().expect("a price");
        let feeds = feeds_of(&chain, GROUP).await.expect("the group's feeds");
        let feeder = Feeder::start(&chain, feeds, price, Progress::quiet())
            .await
            .expect("prices");
        let sequencer = SequencerClient::of(&chain);
        let begin = Instant::now();
        while sequencer.status().await.is_err() {
            assert!(begin.elapsed() < PATIENCE, "the sequencer does not get ready");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        Self {
            node,
            chain,
            sequencer,
            _feeder: feeder,
        }
    }

    async fn account(&self, trader: &Trader) -> AccountInfo {
        self.sequencer.account(trader).await.expect("shown")
    }

    /// Waits for words in the log of a node that runs: it writes lines in a thread of its own, a little later.
    async fn says(&self, words: &str) {
        let begin = Instant::now();
        while !self.log().contains(words) {
            assert!(begin.elapsed() < PATIENCE, "no \"{words}\" in the log: {}", self.log());
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.node.log()).expect("a log")
    }
}

fn keys(number: u8) -> TraderKeys {
    TraderKeys::from_seed(&[number; 32], Some(&format!("//Stopping//{number}"))).expect("the URI is well-formed")
}

/// What must not change by a stop and a start.
fn of(account: &AccountInfo) -> impl PartialEq + std::fmt::Debug {
    let open: Vec<_> = account
        .open_orders
        .iter()
        .map(|order| (order.id, order.remaining))
        .collect();
    let waiting: Vec<_> = account
        .waiting_orders
        .iter()
        .map(|order| (order.id, order.quantity))
        .collect();
    let held: Vec<_> = account
        .positions
        .iter()
        .map(|position| (position.instrument_id, position.quantity))
        .collect();
    (account.min_id, open, waiting, held)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_asked_to_stop_should_end_in_order_and_its_next_start_should_lose_nothing() {
    let _place = beside_another().await;
    let folder = TempDir::new().expect("a folder");
    let mut first = Scene::start(folder.path(), "stopping-first").await;
    let (chain, sequencer) = (first.chain.clone(), first.sequencer.clone());
    let pair = [keys(1), keys(2)];
    let funded: Vec<_> = pair.iter().map(|keys| (owner_of(keys), FUNDS)).collect();
    fund(&chain, &funded).await.expect("funded");
    let seals = SealProver::of(&chain, None).await.expect("the development parameters");
    let open = |keys| trader::open(&chain, &seals, GROUP, keys, DEPOSIT, Until::InBlock);
    let (alice, bob) = tokio::try_join!(open(&pair[0]), open(&pair[1])).expect("opened");
    let (alice, bob) = (alice.trader, bob.trader);
    for trader in [&alice, &bob] {
        sequencer.knows(trader, PATIENCE).await.expect("known");
    }
    // Something is settled, so that there is a checkpoint to write.
    sequencer
        .settled(PATIENCE, |_| {})
        .await
        .expect("the opens are settled");

    let instrument = find(&chain, GROUP, "BTC-PERP").await.expect("listed");
    let terms = |side, quantity| OrderTerms {
        instrument_id: instrument.id,
        side,
        limit: instrument.mark(),
        quantity,
        flags: 0,
        trigger: None,
        expiry: now() + HOUR,
        max_fee: instrument.fee_allowance(instrument.mark()),
    };
    let stop = OrderTerms {
        flags: flags::REDUCE_ONLY | flags::IMMEDIATE_OR_CANCEL,
        trigger: Some(Trigger::AtOrBelow(Price(instrument.mark() / 2))),
        ..terms(Side::Sell, 2)
    };
    for (trader, signed) in [
        (&alice, alice.order(1, &terms(Side::Sell, 5))),
        (&bob, bob.order(1, &terms(Side::Buy, 2))),
        (&bob, bob.order(2, &stop)),
    ] {
        let taken = sequencer.submit(&signed).await.expect("taken");
        assert!(taken.receipt.is_some(), "account {} gets a receipt", trader.index);
    }
    let mut before = [first.account(&alice).await, first.account(&bob).await];
    assert_eq!(before[0].open_orders.len() + before[1].waiting_orders.len(), 2);

    // Somebody goes on while the node stops: each answer is an acknowledgement that counts, or says why it is none.
    let (last, ended) = tokio::join!(
        orders_until_refused(&sequencer, &bob, &terms),
        first.node.stopped_when_asked()
    );
    let status = ended.expect("it stops in time");
    assert_eq!(status.code(), Some(0), "{}", first.log());
    assert!(
        first
            .log()
            .contains("The sequencer has stopped: all that it acknowledged is on the disk"),
        "{}",
        first.log()
    );
    drop(first);

    let second = Scene::start(folder.path(), "stopping-second").await;
    second.says("A checkpoint has the ledger before batch").await;
    second.says("The journal is replayed").await;
    let after = [second.account(&alice).await, second.account(&bob).await];
    assert_eq!(of(&after[0]), of(&before[0]));
    let added: Vec<_> = after[1].open_orders.iter().map(|order| order.id.get()).collect();
    assert!(last.iter().all(|id| added.contains(id)), "{last:?} {added:?}");
    before[1].open_orders.clone_from(&after[1].open_orders);
    assert_eq!(of(&after[1]), of(&before[1]));
    // What was taken is not taken twice.
    let again = second
        .sequencer
        .submit(&bob.order(2, &stop))
        .await
        .expect_err("it waits");
    assert!(again.is(ErrorCode::Duplicate), "{again}");
    second
        .sequencer
        .settled(PATIENCE, |_| {})
        .await
        .expect("what was not settled is proven now");
    let settled = second.account(&bob).await.settled.expect("settled");
    assert_eq!(settled.positions.len(), 1, "{settled:?}");
    second.node.stop().await.expect("the node stops");
}

/// Sends orders that rest, until one is refused or nobody answers. Returns the ids of those that were acknowledged.
async fn orders_until_refused(
    sequencer: &SequencerClient,
    trader: &Trader,
    terms: &impl Fn(Side, u64) -> OrderTerms,
) -> Vec<u64> {
    let mut taken = Vec::new();
    // Far more than there is time for.
    for id in 100..2_000 {
        let bid = terms(Side::Buy, 1);
        let bid = OrderTerms {
            limit: bid.limit / 100 * 98,
            ..bid
        };
        match sequencer.submit(&trader.order(id, &bid)).await {
            Ok(_) => taken.push(id),
            Err(error) => {
                let silent = matches!(error, SequencerError::Call(_));
                assert!(silent || error.is(ErrorCode::Stopping), "{error}");
                break;
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    taken
}
