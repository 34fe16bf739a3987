//! What the chain's records and the sequencer's receipts tell of the scenes.

use crate::{demo::error::DemoError, receipts::checked, replay::ReplayMarket};
use cloister_client::{
    chain::{Chain, ChainError},
    history::Settled,
};
use cloister_client_core::{recovery::Recovered, trader::Trader};
use cloister_crypto::field::to_bytes;
use cloister_ledger::{Cause, RecordKind};
use cloister_receipts::{Scope, SignedReceipt};
use cloister_risk::RiskTable;
use cloister_types::GroupId;

/// What was done to accounts without an order of theirs, as the records of settled batches tell it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Units that liquidated an account.
    pub liquidations: usize,
    /// Units that closed lots at the mark and without a fee.
    pub deleveraged: usize,
    /// Units that paid a forced withdrawal.
    pub forced_withdrawals: usize,
    /// What these paid, 10^-6.
    pub forced_paid: u128,
}

impl Tally {
    /// Counts in settled batches, and in accounts that were rebuilt from them.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn of(
        chain: &Chain,
        group: u32,
        batches: &[Settled],
        accounts: &[Recovered],
    ) -> Result<Self, ChainError> {
        let mut tally = Self::default();
        for (batch_no, change) in accounts.iter().flat_map(|account| &account.unsigned) {
            let batch = batches.iter().find(|batch| batch.statement.batch_no == *batch_no);
            let batch = batch.ok_or(ChainError::Absent("batch of a record"))?;
            let table = table_of(chain, group, batch).await?;
            match change.cause(&table) {
                Cause::Liquidation => tally.liquidations += 1,
                Cause::AtMark => tally.deleveraged += 1,
                Cause::Expiry | Cause::Takeover => {}
            }
        }
        for unit in batches.iter().flat_map(|batch| &batch.statement.units) {
            let paid = unit.withdrawal.get();
            if matches!(unit.kind, RecordKind::Forced { .. }) && paid > 0 {
                tally.forced_withdrawals += 1;
                tally.forced_paid = tally.forced_paid.saturating_add(paid.into());
            }
        }
        Ok(tally)
    }
}

/// The risk table of a settled batch, which names it by its hash.
async fn table_of(chain: &Chain, group: u32, batch: &Settled) -> Result<RiskTable, ChainError> {
    let at = Some(batch.block);
    let hash = to_bytes(&batch.statement.risk_hash);
    let mut version = chain.latest_risk_table(group, at).await?.header.version;
    let absent = || ChainError::Absent("risk table of a settled batch at its block");
    loop {
        let info = chain.risk_info(group, version, at).await?.ok_or_else(absent)?;
        if info.risk_hash == hash {
            return chain.risk_table(group, version, at).await?.ok_or_else(absent);
        }
        version = version.checked_sub(1).ok_or_else(absent)?;
    }
}

/// The receipts of accounts, which must be signed by one of the group's submitters and fit together. Returns how many
/// of them are of instructions that were sent from here.
///
/// # Errors
/// [`DemoError::Receipt`], [`DemoError::Receipts`].
pub async fn receipts_verified(market: &ReplayMarket, traders: &[&Trader]) -> Result<usize, DemoError> {
    let group = market.instrument.group;
    let mut receipts: Vec<SignedReceipt> = Vec::new();
    for trader in traders {
        let mut from = 0;
        loop {
            let page = market.sequencer.receipts(trader, from).await?;
            for text in &page {
                receipts.push(SignedReceipt::from_hex(text)?);
            }
            match receipts.last() {
                Some(last) if !page.is_empty() => from = last.receipt.number.saturating_add(1),
                _ => break,
            }
        }
    }
    let members = market.chain.submitters(group, None).await?;
    let keys: Vec<[u8; 32]> = members.into_iter().map(Into::into).collect();
    let scope = Scope {
        genesis: market.chain.genesis().0,
        group: GroupId(group),
    };
    let (found, _) = checked(&scope, &keys, &receipts)?;
    let own = |signed: &&SignedReceipt| market.taken.contains(&signed.receipt.instruction);
    let count = receipts.iter().filter(own).count();
    market.progress.say(format!(
        "{} receipts are signed by the sequencer's key on the chain and make one story; {count} are of what was sent \
         from here",
        found.receipts
    ));
    Ok(count)
}
