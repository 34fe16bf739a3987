//! A waiting deposit counts, and gives no immunity: the whole way from the queue to the statement.

use cloister_crypto::field::to_bytes;
use cloister_ledger::{BatchError, Shape, StateError, UnitError, UnitRequest};
use cloister_ledger_testing::{World, GENESIS, GROUP};
use cloister_risk::MarginError;
use cloister_settlement::{rebuild, take, Batch, ItemKind, KnownToChain, QueueItem, Waiting};
use cloister_types::{AccountIndex, Amount, GroupId, Position};

const SHAPE: Shape = Shape { units: 2, places: 1 };
/// The account that becomes short.
const POOR: usize = 1;
/// Time of the table that batches name.
const TABLE: u64 = 5_000;

/// Trader [`POOR`] is long and short of maintenance margin; returns how much more it needs.
fn short() -> (World, u64) {
    let mut world = World::with_traders(3, 2, SHAPE);
    let mut house = world.state.house().clone();
    house.insurance.0 = 1_000_000_000_000;
    let batch_no = world.state.batch_no();
    world.state.restore_house(house, batch_no);
    let units = world.trade(POOR, 0).into();
    let request = world.request(units);
    world.apply(SHAPE, &request);
    let at = |world: &mut World, equity: i128| {
        let account = AccountIndex(POOR as u32);
        let mut state = world.state.account(account).expect("open").clone();
        state.account.cash.0 += equity - world.assess(POOR).equity.get();
        world.state.restore_account(account, state);
        let worst = world.assess(POOR).worst(world.table.header.maintenance);
        let (_, worst) = worst.expect("in range");
        u64::try_from(worst.get()).expect("short").div_ceil(256)
    };
    // Half of what maintenance margin asks for.
    let required = at(&mut world, 0);
    let missing = at(&mut world, i128::from(required / 2));
    (world, missing)
}

/// A queue with 10,000 items of other accounts ahead of a deposit.
fn queue(amount: u64, ready_at: u64) -> Waiting<()> {
    let item = |index, amount, ready_at| QueueItem {
        owner: (),
        index: AccountIndex(index),
        amount: Amount(amount),
        queued_at: 0,
        ready_at,
        deadline: ready_at,
        kind: ItemKind::Deposit,
        until: None,
    };
    let others = (0..10_000).map(|n| item(100 + n / 8, 1, TABLE));
    (0..).zip(others.chain([item(POOR as u32, amount, ready_at)])).collect()
}

/// Liquidates [`POOR`] with a deposit. The statement that is proven, or why none is, and that of the chain.
fn liquidated(mut world: World, deposit: u64, waiting: &mut Waiting<()>) -> Result<bool, StateError> {
    let row = world
        .state
        .account(AccountIndex(POOR as u32))
        .expect("open")
        .account
        .positions;
    let row = row.iter().position(|held| *held > Position::ZERO).expect("it is long");
    let mark = world.table.rows[row].mark.get() as u64;
    let unit = UnitRequest::Liquidation {
        index: AccountIndex(POOR as u32),
        deposit: Amount(deposit),
        fills: vec![world.liquidation_fill(POOR, row, 1, mark)],
    };
    let known = KnownToChain {
        genesis: GENESIS,
        group: GroupId(GROUP),
        batch_no: world.state.batch_no(),
        old_root: to_bytes(&world.state.root()),
        old_house: to_bytes(&world.state.house().commitment()),
        risk_hash: to_bytes(&world.table.hash()),
    };
    let request = world.padded(SHAPE, vec![unit]);
    let (_, effect) = world.state.apply(SHAPE, &request)?;
    let batch = Batch::new(1, 1, &effect.statement, [0; 192]).expect("it fits");
    let takings = take(waiting, batch.asks(), TABLE).expect("small amounts");
    let statement = rebuild(&known, &batch, &takings, Default::default()).expect("canonical");
    Ok(statement == effect.statement)
}

#[test]
fn short_account_should_be_liquidated_with_its_waiting_deposit_counted() {
    let (world, missing) = short();
    // Too little: the next batch liquidates all the same, ten thousand items notwithstanding.
    let part = missing - 1;
    assert_eq!(liquidated(world.clone(), part, &mut queue(part, TABLE)), Ok(true));
    // And not without it.
    assert_eq!(liquidated(world, 0, &mut queue(part, TABLE)), Ok(false));
}

#[test]
fn account_should_not_be_liquidated_beside_a_top_up_that_is_enough() {
    let (world, missing) = short();
    let unit = UnitError::Margin(MarginError::NotShort);
    assert_eq!(
        liquidated(world.clone(), missing, &mut queue(missing, TABLE)),
        Err(StateError::Batch(BatchError::Unit(0, unit)))
    );
    // The proof without it, which can be made, is of another statement than the chain's.
    assert_eq!(liquidated(world, 0, &mut queue(missing, TABLE)), Ok(false));
}

#[test]
fn top_up_that_is_not_ready_should_not_stop_a_liquidation() {
    let (world, missing) = short();
    assert_eq!(liquidated(world.clone(), 0, &mut queue(missing, TABLE + 1)), Ok(true));
    assert_eq!(
        liquidated(world, missing - 1, &mut queue(missing - 1, TABLE + 1)),
        Ok(false)
    );
}
