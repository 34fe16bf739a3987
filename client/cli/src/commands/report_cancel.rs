//! `cloister receipts report-cancel`: shows the chain a fill above the receipt of a cancel (C-OVERFILL).

use super::{error::CommandError, receipts::Kept, report::shown, session::Session};
use crate::cli::Global;
use cloister_cli::{progress::Progress, receipts::signer};
use cloister_client::{
    chain::Until,
    overfill::{self, Overfill},
};
use cloister_ledger::SignedInstruction;
use cloister_receipts::{Outcome, Scope, SignedReceipt};
use cloister_types::GroupId;

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
        say!("nothing is sent: a report makes the view key of that time public, see --disclose");
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
    let scope = Scope {
        genesis: chain.genesis().0,
        group: GroupId(trader.group),
    };
    let members = chain.submitters(trader.group, None).await?;
    let keys: Vec<[u8; 32]> = members.into_iter().map(Into::into).collect();
    let promises: Vec<_> = promises(&scope, &keys, kept).collect();
    if promises.is_empty() {
        return Err(CommandError::NothingOverfilled(0));
    }
    let (_, audit) = session.audited(trader.group, &Progress::begin()).await?;
    for (key, receipt, cancel) in &promises {
        let who = (*key).into();
        if let Some(found) = overfill::find(chain, &audit.batches, trader, &who, receipt, cancel).await? {
            return Ok(found);
        }
    }
    Err(CommandError::NothingOverfilled(promises.len()))
}

/// Receipts of cancels on which something is staked, with the key that has signed each and the cancel.
fn promises<'a>(
    scope: &'a Scope,
    keys: &'a [[u8; 32]],
    kept: &'a [Kept],
) -> impl Iterator<Item = ([u8; 32], &'a SignedReceipt, &'a SignedInstruction)> {
    kept.iter().filter_map(move |kept| {
        let receipt = &kept.receipt.receipt;
        let cancel = kept.instruction.as_ref().filter(|signed| receipt.is_of(signed))?;
        let counts = matches!(receipt.outcome, Outcome::Cancel { .. }) && receipt.series() > 0;
        let key = signer(scope, keys, &kept.receipt).filter(|_| counts)?;
        Some((key, &kept.receipt, cancel))
    })
}
