//! Where a core starts.

use super::error::CoreError;
use cloister_engine::{AccountView, Holdings, Millis};
use cloister_ledger::{slot::Slot, state::AccountState, GroupLedger, Shape};
use cloister_risk::RiskTable;
use cloister_settlement::QueueItem as Queued;

/// Where a core starts.
pub(crate) struct Origin<A> {
    pub state: GroupLedger,
    pub last_time: Millis,
    pub table: RiskTable,
    pub next_item: u64,
    /// The queue items that are ready at the table, in order.
    pub ready: Vec<(u64, Queued<A>)>,
    pub queue_share: u8,
    /// The shapes that batches may have.
    pub shapes: Vec<Shape>,
    pub batch_no: u64,
    pub house_rekeys: u32,
}

/// An account of the ledger as the engine sees it, with nothing at rest.
pub(super) fn restored(index: u32, state: &AccountState) -> Result<AccountView, CoreError> {
    let account = &state.account;
    let public_key = account.key.public().map_err(|_| CoreError::Key(index))?;
    let holdings = Holdings {
        cash: account.cash,
        positions: account.positions,
    };
    let slots = state
        .orders
        .leaves()
        .filter_map(|(number, value)| Some((u16::try_from(number).ok()?, Slot::from_field(&value)?)));
    Ok(AccountView::restored(
        public_key,
        account.view_key,
        account.min_id,
        holdings,
        slots,
    ))
}
