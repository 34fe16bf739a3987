//! Showing the chain that a batch fills an order further than the receipt of its cancel states (C-OVERFILL).

use crate::{
    chain::{Chain, ChainError, Until},
    history::{statements, Settled},
    report::{slashed, Slashed},
    trader::TraderError,
};
use cloister_client_core::{recovery::opened, trader::Trader};
use cloister_crypto::{constants::FILLED_MAX, field::to_bytes};
use cloister_ledger::{Instruction, Opening, SignedInstruction, Statement};
use cloister_receipt::Scope;
use cloister_runtime::{AccountId, RuntimeCall};
use cloister_types::{AccountIndex, GroupId, InstructionId, Lots};
use codec::Encode;
use pallet_cloister_bonds::{Call, CancelReport, Outcome, ShownOpening, SignedReceipt};
use std::collections::BTreeMap;

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

/// The fills of a trader's orders in settled batches, oldest first.
#[derive(Clone, Debug)]
pub struct Fills<'a> {
    batches: &'a [Settled],
    places: BTreeMap<InstructionId, Vec<Place>>,
}

impl<'a> Fills<'a> {
    /// Reads every record of the account, with all keys that it has had.
    pub fn read(batches: &'a [Settled], trader: &Trader) -> Self {
        let statements: Vec<&Statement> = statements(batches).collect();
        let mut places: BTreeMap<InstructionId, Vec<Place>> = BTreeMap::new();
        for (id, place) in filled(&statements, trader) {
            places.entry(id).or_default().push(place);
        }
        Self { batches, places }
    }

    /// Looks for a batch that breaks the promise of a cancel's receipt, whose submitter has signed that and has
    /// something bonded. `cancel` is the instruction that the receipt is of. `None` if there is no such batch, or if
    /// the chain does not know any more who answers for it.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn above(
        &self,
        chain: &Chain,
        trader: &Trader,
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
        let scope = Scope {
            genesis: chain.genesis().0,
            group: GroupId(trader.group),
        };
        let places = self.places.get(&id).into_iter().flatten();
        for place in places.filter(|place| place.filled > stated) {
            let Some(Settled { statement, .. }) = self.batches.get(place.batch) else {
                continue;
            };
            let answers = chain.settled_by(trader.group, statement.batch_no, None).await?;
            let Some(who) = answers
                .filter(|by| by.series == receipt.receipt.series())
                .map(|by| by.submitter)
            else {
                continue;
            };
            if receipt.verify(&scope, who.as_ref()).is_err() || chain.bond(trader.group, &who, None).await?.is_none() {
                continue;
            }
            if let Some(report) = report(receipt, cancel, statement, place) {
                return Ok(Some(Overfill {
                    who,
                    batch_no: statement.batch_no,
                    id,
                    stated,
                    settled: place.filled,
                    report,
                }));
            }
        }
        Ok(None)
    }
}

/// Shows the chain a fill. The trader's view key becomes public with it, and all that was ever encrypted with it.
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

/// Where an order of the account was filled, and how far it was then, oldest first. A cancel that is proven fills
/// nothing.
fn filled(statements: &[&Statement], trader: &Trader) -> Vec<(InstructionId, Place)> {
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
            let filled = slots.filter_map(|(place, slot)| {
                let slot = slot.as_ref().filter(|slot| slot.filled != Lots(FILLED_MAX))?;
                let place = Place {
                    batch,
                    unit,
                    place,
                    opening,
                    filled: slot.filled,
                };
                Some((slot.id, place))
            });
            found.extend(filled);
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
