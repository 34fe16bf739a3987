//! Showing the chain that a batch fills an order further than the receipt of its cancel states (C-OVERFILL).

use crate::{
    chain::{Chain, ChainError, Until},
    history::Settled,
    report::{slashed, Slashed},
    trader::TraderError,
};
use cloister_client_core::{recovery::opened, trader::Trader};
use cloister_crypto::{constants::FILLED_MAX, field::to_bytes};
use cloister_ledger::{Instruction, Opening, SignedInstruction, Statement};
use cloister_runtime::{AccountId, RuntimeCall};
use cloister_types::{AccountIndex, InstructionId, Lots};
use codec::Encode;
use pallet_cloister_bonds::{Call, CancelReport, Outcome, ShownOpening, SignedReceipt};

/// A fill of an order that was cancelled before, and the receipt that denies it.
#[derive(Clone, Debug)]
pub struct Overfill {
    /// The account that has signed the receipt, and submitted the batch.
    pub who: AccountId,
    /// Number of the batch.
    pub batch_no: u64,
    /// The order.
    pub id: InstructionId,
    /// What the receipt says was filled of it.
    pub stated: Lots,
    /// What was filled of it after the batch.
    pub settled: Lots,
    report: CancelReport,
}

/// A place of a settled batch in which an order of the trader's account was filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    batch: usize,
    unit: usize,
    place: usize,
    opening: Opening,
    filled: Lots,
}

/// Looks for a batch that breaks the promise of a cancel's receipt, among all that are settled. `who` has signed the
/// receipt, `cancel` is the instruction that it is of. `None` if there is no such batch, if nothing is staked on the
/// receipt, or if the chain does not know any more who answers for the batch.
///
/// # Errors
/// [`ChainError`].
pub async fn find(
    chain: &Chain,
    batches: &[Settled],
    trader: &Trader,
    who: &AccountId,
    receipt: &SignedReceipt,
    cancel: &SignedInstruction,
) -> Result<Option<Overfill>, ChainError> {
    let Outcome::Cancel { filled: stated } = receipt.receipt.outcome else {
        return Ok(None);
    };
    let id = cancel.instruction.id;
    if !receipt.receipt.is_of(cancel) || !is_of_account(&cancel.instruction, trader) {
        return Ok(None);
    }
    let statements: Vec<&Statement> = batches.iter().map(|batch| &batch.statement).collect();
    for place in places(&statements, trader, id, stated) {
        let statement = &batches[place.batch].statement;
        let answers = chain.settled_by(trader.group, statement.batch_no, None).await?;
        let answers = answers.is_some_and(|by| by.submitter == *who && by.series == receipt.receipt.series());
        if !answers {
            continue;
        }
        let Some(report) = report(receipt, cancel, statement, &place) else {
            continue;
        };
        return Ok(Some(Overfill {
            who: who.clone(),
            batch_no: statement.batch_no,
            id,
            stated,
            settled: place.filled,
            report,
        }));
    }
    Ok(None)
}

/// Shows the chain a fill. The trader's view key becomes public with it, and everything that was ever encrypted with it.
///
/// # Errors
/// [`TraderError::Chain`], [`TraderError::NoEvent`].
pub async fn show(chain: &Chain, overfill: Overfill, trader: &Trader, until: Until) -> Result<Slashed, TraderError> {
    let call = RuntimeCall::Bonds(Call::report_cancel {
        group: trader.group,
        who: overfill.who,
        report: Box::new(overfill.report),
    });
    slashed(&chain.submit(call, &trader.keys.owner, until).await?)
}

fn is_of_account(cancel: &Instruction, trader: &Trader) -> bool {
    cancel.group.get() == trader.group && cancel.index.get() == trader.index
}

/// Where an order was filled further than this, oldest first. A cancel that is proven fills nothing.
fn places(statements: &[&Statement], trader: &Trader, id: InstructionId, stated: Lots) -> Vec<Place> {
    let (index, scope, keys) = (AccountIndex(trader.index), trader.scope(), trader.known_keys());
    let mut found = Vec::new();
    // Each record of an account adds one to its nonce.
    let mut nonce = 0u64;
    for (batch, statement) in statements.iter().enumerate() {
        let salt = scope.salt(statement.salt);
        let units = statement.units.iter().enumerate();
        for (unit, record) in units.filter(|(_, record)| record.index == index) {
            nonce = nonce.saturating_add(1);
            let Some((opening, plain)) = opened(record, &keys, nonce, salt) else {
                continue;
            };
            let slots = plain.slots.iter().enumerate();
            let above = slots.filter_map(|(place, slot)| {
                let slot = slot.as_ref().filter(|slot| slot.id == id)?;
                (slot.filled > stated && slot.filled != Lots(FILLED_MAX)).then_some((place, slot.filled))
            });
            found.extend(above.map(|(place, filled)| Place {
                batch,
                unit,
                place,
                opening,
                filled,
            }));
        }
    }
    found
}

/// `None` if something is longer than the chain takes.
fn report(
    receipt: &SignedReceipt,
    cancel: &SignedInstruction,
    statement: &Statement,
    place: &Place,
) -> Option<CancelReport> {
    let Opening {
        key,
        view_key,
        nonce,
        switches,
    } = place.opening;
    let elements: Vec<[u8; 32]> = statement.elements().iter().map(to_bytes).collect();
    Some(CancelReport {
        receipt: *receipt,
        instruction: cancel.encode().try_into().ok()?,
        batch_no: statement.batch_no,
        elements: elements.try_into().ok()?,
        unit: place.unit.try_into().ok()?,
        place: place.place.try_into().ok()?,
        opening: ShownOpening {
            key: (to_bytes(&key.x), to_bytes(&key.y)),
            view_key: to_bytes(&view_key),
            nonce,
            switches,
        },
    })
}
