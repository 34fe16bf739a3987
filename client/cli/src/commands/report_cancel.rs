//! `cloister receipts report-cancel`: shows the chain a fill above the receipt of a cancel (C-OVERFILL).

use super::{error::CommandError, kept::Kept, report::shown, session::Session};
use crate::cli::Global;
use cloister_cli::progress::Progress;
use cloister_client::{
    chain::Until,
    overfill::{self, Fills, Overfill},
};
use cloister_ledger::SignedInstruction;
use cloister_receipts::{Outcome, SignedReceipt};

pub async fn run(global: &Global, kept: &[Kept], disclose: bool) -> Result<(), CommandError> {
    let session = Session::begin(global).await?;
    let (chain, trader) = (&session.chain, &session.reader);
    let overfill = find(&session, kept).await?;
    let key: [u8; 32] = overfill.who.clone().into();
    say!(
        "batch {} of 0x{} fills order {} to {} lots, and the receipt of its cancel states {}",
        overfill.batch_no,
        hex::encode(key),
        overfill.id,
        overfill.settled,
        overfill.stated
    );
    if !disclose {
        say!("nothing is sent: a report makes the view key of that time public, and whoever makes the block can put a report of \
             its own in front, see --disclose");
        return Ok(());
    }
    let done = overfill::show(chain, overfill, trader, Until::Final).await?;
    say!(
        "0x{} loses its bond of {}; {} of it are the wallet's",
        hex::encode(key),
        shown(done.amount),
        shown(done.reward)
    );
    Ok(())
}

/// The first fill that a receipt denies.
async fn find(session: &Session, kept: &[Kept]) -> Result<Overfill, CommandError> {
    let (chain, trader) = (&session.chain, &session.reader);
    let promises: Vec<_> = promises(kept).collect();
    if !promises.is_empty() {
        let (_, audit) = session.audited(trader.group, &Progress::begin()).await?;
        let fills = Fills::read(&audit.batches, trader);
        for (receipt, cancel) in &promises {
            if let Some(found) = fills.above(chain, trader, receipt, cancel).await? {
                return Ok(found);
            }
        }
    }
    Err(CommandError::NothingOverfilled(promises.len()))
}

/// Receipts of cancels of a series, with the cancel.
fn promises(kept: &[Kept]) -> impl Iterator<Item = (&SignedReceipt, &SignedInstruction)> {
    kept.iter().filter_map(|kept| {
        let receipt = &kept.receipt.receipt;
        let cancel = kept.instruction.as_ref().filter(|signed| receipt.is_of(signed))?;
        let counts = matches!(receipt.outcome, Outcome::Cancel { .. }) && receipt.series() > 0;
        counts.then_some((&kept.receipt, cancel))
    })
}
