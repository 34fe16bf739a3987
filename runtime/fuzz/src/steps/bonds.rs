//! Bonds of sequencers: terms, what is staked, and reports.

use super::{common::*, governance::govern};
use crate::{bytes::Bytes, chain::Who, proofs, world::World};
use cloister_ledger::{slot::Slot, Instruction, InstructionKind, SignedInstruction};
use cloister_receipt::{first_of, instruction_hash, Outcome, Receipt, Scope, SignedReceipt};
use cloister_runtime::{constants::money::UNIT, BlockNumber, Runtime, System};
use cloister_types::{GroupId, InstructionId, Lots};
use codec::Encode;
use frame_support::BoundedVec;
use pallet_cloister_bonds::{BondTerms, Bonds, CancelReport, SeriesOf, MAX_REPORTER_SHARE};
use pallet_cloister_execution::Call as Execute;
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring::{self, Alice, Bob, One};

type Call = pallet_cloister_bonds::Call<Runtime>;

/// A bond that a group may ask; the least.
const BOND: u128 = 1_000 * UNIT;

/// The group asks for a bond, and a member has one.
pub(super) fn stake(world: &mut World, group: u32) {
    let terms = BondTerms {
        amount: BOND,
        unbonding: 1,
        reporter_share: 2_500,
    };
    world.make(&Who::Enacted, &Call::set_terms { group, terms }.into());
    let one = One.to_account_id();
    world.sign(&one, Call::bond { group, amount: BOND });
    let journal = [1; 32];
    world.sign(&one, Call::begin_series { group, journal });
}

pub(super) fn bonds(world: &mut World, bytes: &mut Bytes) {
    let group = group(bytes);
    let call = match bytes.byte() % 16 {
        0..=2 => {
            let most: BlockNumber = 90 * 24 * 600;
            let terms = BondTerms {
                amount: bytes.of(&[0, 0, BOND, BOND, BOND - 1, 10_000 * BOND + 1]),
                unbonding: bytes.of(&[0, 1, 1, 1, 50, most, most + 1]),
                reporter_share: bytes.of(&[0, 2_500, MAX_REPORTER_SHARE, MAX_REPORTER_SHARE + 1]),
            };
            govern(world, bytes, Call::set_terms { group, terms }.into());
            return;
        }
        3..=6 => Call::bond {
            group,
            amount: bytes.of(&[0, 1, BOND - 1, BOND, BOND, BOND, 2 * BOND, u128::MAX]),
        },
        7 | 8 => Call::unbond { group },
        9 | 10 => Call::withdraw_unbonded { group },
        11 => Call::begin_series {
            group,
            journal: [bytes.byte() % 4; 32],
        },
        12 | 13 => return report(world, bytes, group),
        _ => return report_cancel(world, bytes, group),
    };
    let whose = Bonds::<Runtime>::iter_key_prefix(group);
    let makes = matches!(call, Call::bond { .. });
    let somebody_else = somebody(bytes);
    let other = bytes.of(&[One.to_account_id(), somebody_else]);
    let signer = if makes { other } else { mostly(bytes, whose, other) };
    signed_by(world, bytes, signer, call);
}

/// Mostly two receipts of one number that somebody with a bond has signed.
fn report(world: &mut World, bytes: &mut Bytes, group: u32) {
    let number = first_of(bytes.of(&[1, 1, 1, 0, 2])) + u64::from(bytes.byte() % 4);
    let key = bytes.of(&[One, One, Alice, Bob]);
    let scope = Scope {
        genesis: System::block_hash(0).0,
        group: GroupId(bytes.of(&[group, group, group, group, group, 7])),
    };
    let receipt = |number, filled| Receipt {
        scope,
        number,
        previous: [0; 32],
        instruction: [1; 32],
        received_at: 1,
        outcome: Outcome::Cancel { filled: Lots(filled) },
    };
    let first = receipt(number, 1);
    let second = bytes.of(&[
        receipt(number, 2),
        receipt(number, 2),
        receipt(number, 2),
        receipt(number, 1),
        receipt(number + 1, 2),
    ]);
    let other = bytes.of(&[key, key, key, Sr25519Keyring::Dave]);
    let sign = |key: Sr25519Keyring, receipt: Receipt| SignedReceipt {
        receipt,
        signature: key.sign(&receipt.message()).0,
    };
    let call = Call::report_receipts {
        group,
        who: key.to_account_id(),
        first: sign(key, first).into(),
        second: sign(other, second).into(),
    };
    signed(world, bytes, call);
}

/// Mostly a batch with a fill above what the receipt of its cancel states, settled by whoever signed the receipt.
fn report_cancel(world: &mut World, bytes: &mut Bytes, group: u32) {
    let one = One.to_account_id();
    // Seven times of eight.
    let stakes = [false, true, true, true, true, true, true, true];
    if Bonds::<Runtime>::get(group, &one).is_none() && bytes.of(&stakes) {
        stake(world, group);
    }
    let series = SeriesOf::<Runtime>::get(group, &one).map_or(0, |series| series.number);
    tables_in_time(world, bytes, group);
    let id = InstructionId(u64::from(bytes.byte()));
    let slot = Slot {
        id,
        filled: Lots(bytes.of(&[4, 4, 4, 4, 4, 4, 3, cloister_crypto::constants::FILLED_MAX])),
    };
    let Some(filled) = proofs::filled(bytes, group, slot) else {
        return;
    };
    let batch = Box::new(filled.batch.clone());
    signed_by(world, bytes, one, Execute::submit_batch { group, batch });
    let change = bytes.byte() % 32;
    let key = bytes.of(&[One, One, One, One, One, One, One, Alice]);
    let kind = if change == 1 {
        InstructionKind::CancelAll
    } else {
        InstructionKind::Cancel
    };
    let cancel = SignedInstruction {
        instruction: Instruction {
            kind,
            group: GroupId(group),
            index: filled.index,
            id,
            ..Instruction::default()
        },
        ..SignedInstruction::default()
    };
    let receipt = Receipt {
        scope: Scope {
            genesis: System::block_hash(0).0,
            group: GroupId(if change == 2 { 7 } else { group }),
        },
        number: first_of(bytes.of(&[series, series, series, series, series, series, 0, 2])) + u64::from(bytes.byte()),
        previous: [0; 32],
        instruction: instruction_hash(&cancel),
        received_at: 1,
        outcome: Outcome::Cancel { filled: Lots(3) },
    };
    let signer = if change == 3 { Sr25519Keyring::Dave } else { key };
    let mut report = CancelReport {
        receipt: SignedReceipt {
            receipt,
            signature: signer.sign(&receipt.message()).0,
        },
        instruction: BoundedVec::truncate_from(cancel.encode()),
        batch_no: filled.batch.batch_no,
        elements: BoundedVec::truncate_from(filled.elements),
        unit: filled.unit,
        place: 0,
        opening: filled.opening,
    };
    match change {
        4 => report.batch_no += 1,
        5 => _ = report.elements.pop(),
        6 => report.unit += 1,
        7 => report.place = bytes.byte(),
        8 => report.opening.nonce += 1,
        9 => _ = report.instruction.pop(),
        _ => {}
    }
    let call = Call::report_cancel {
        group,
        who: key.to_account_id(),
        report: Box::new(report),
    };
    signed(world, bytes, call);
}
