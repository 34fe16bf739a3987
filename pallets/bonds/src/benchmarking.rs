//! Benchmarks of the calls.
#![allow(missing_docs)]

use super::*;
use crate::overfills::Promise;
use alloc::boxed::Box;
use cloister_crypto::{
    constants::{HOUSE_RECORD, RECORD_FIXED},
    field::to_bytes,
    stream::Scope,
    Fr,
};
use cloister_ledger::{
    slot::Slot,
    statement::{statement_hash, STATEMENT_HEAD},
    wire::{MAX_PLACES, MAX_UNITS},
    Account, Instruction, InstructionKind, Key, RecordKind, SignedInstruction, UnitRecord,
};
use cloister_receipt::Outcome;
use cloister_types::{AccountIndex, Amount, GroupId, InstructionId, Lots};
use codec::{Decode, Encode};
use frame_support::{
    traits::{fungible::Mutate, EnsureOrigin, Get},
    BoundedVec,
};
use pallet_cloister_sequencers::{SettledBatch, SettledBatches};
use polkadot_sdk::{
    frame_benchmarking::v2::*,
    frame_system::{pallet_prelude::BlockNumberFor, RawOrigin},
    sp_runtime::{
        traits::{Saturating, TrailingZeroInput, Zero},
        SaturatedConversion,
    },
};

const GROUP: u32 = u32::MAX;

/// The key of a development account: a point that a signature can be checked against.
const POINT: [u8; 32] = [
    0xd4, 0x35, 0x93, 0xc7, 0x15, 0xfd, 0xd3, 0x1c, 0x61, 0x14, 0x1a, 0xbd, 0x04, 0xa9, 0x9f, 0xd6, 0x82, 0x2c, 0x85,
    0x58, 0x85, 0x4c, 0xcd, 0xe3, 0x9a, 0x56, 0x84, 0xe7, 0xa5, 0x6d, 0xa2, 0x7d,
];

/// Somebody with money, in a group with terms.
fn rich<T: Config>(name: &'static str) -> Result<T::AccountId, BenchmarkError>
where
    T::Currency: Mutate<T::AccountId>,
{
    let terms = BondTerms {
        amount: T::MinBond::get(),
        unbonding: T::MinUnbonding::get(),
        reporter_share: MAX_REPORTER_SHARE,
    };
    Pallet::<T>::put_terms(GROUP, terms).map_err(|_| BenchmarkError::Stop("no terms"))?;
    let who: T::AccountId = account(name, 0, 0);
    let plenty = T::MinBond::get().saturating_mul(10u32.saturated_into());
    T::Currency::set_balance(&who, plenty);
    Ok(who)
}

/// Somebody with a bond that is good.
fn bonded<T: Config>(name: &'static str) -> Result<T::AccountId, BenchmarkError>
where
    T::Currency: Mutate<T::AccountId>,
{
    let who = rich::<T>(name)?;
    Pallet::<T>::bond(RawOrigin::Signed(who.clone()).into(), GROUP, T::MinBond::get())?;
    Ok(who)
}

/// A receipt of this chain with a signature that is wrong, but only its last equation.
fn receipt<T: Config>() -> Result<SignedReceipt, BenchmarkError> {
    let mut signed = SignedReceipt::decode(&mut TrailingZeroInput::zeroes())
        .map_err(|_| BenchmarkError::Stop("zeros are a receipt"))?;
    let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
    signed.receipt.scope.genesis.copy_from_slice(genesis.as_ref());
    signed.receipt.scope.group.0 = GROUP;
    signed.receipt.number = cloister_receipt::first_of(1);
    signed.signature[..32].copy_from_slice(&POINT);
    signed.signature[32] = 1;
    // The mark of this scheme.
    signed.signature[63] = 128;
    Ok(signed)
}

/// Elements of a statement with one unit of the most places.
const OF_ONE_UNIT: u32 = MAX_ELEMENTS - (MAX_UNITS - 1) * LENGTH;
/// Elements of a unit with the most places.
const LENGTH: u32 = RECORD_FIXED as u32 + MAX_PLACES;

/// A fill in the last place of the last unit of a batch with as many units as fit into so many elements, and the
/// receipt of a cancel that it breaks.
fn overfill<T: Config>(who: &T::AccountId, elements: u32) -> Result<CancelReport, BenchmarkError> {
    let stop = |_| BenchmarkError::Stop("no report");
    let units = elements.saturating_sub(OF_ONE_UNIT) / LENGTH + 1;
    let mut receipt = receipt::<T>()?;
    receipt.receipt.outcome = Outcome::Cancel { filled: Lots(3) };
    let cancel = SignedInstruction {
        instruction: Instruction {
            kind: InstructionKind::Cancel,
            group: GroupId(GROUP),
            index: AccountIndex(5),
            id: InstructionId(7),
            ..Instruction::default()
        },
        ..SignedInstruction::default()
    };
    receipt.receipt.instruction = cloister_receipt::instruction_hash(&cancel);
    let account = Account::fresh(Key::default(), Fr::from(42));
    let opening = ShownOpening {
        key: ([0; 32], [0; 32]),
        view_key: to_bytes(&account.view_key),
        nonce: account.nonce,
        switches: account.switches,
    };
    let mut slots = [Fr::zero(); MAX_PLACES as usize];
    let overfilled = Slot {
        id: cancel.instruction.id,
        filled: Lots(4),
    };
    if let Some(last) = slots.last_mut() {
        *last = overfilled.to_field();
    }
    let salt = Scope {
        genesis: receipt.receipt.scope.genesis,
        group: GROUP,
    }
    .salt(Fr::from(9));
    let ciphertext = UnitRecord::encrypt(cancel.instruction.index, &account, &slots, salt);
    let record = UnitRecord {
        index: cancel.instruction.index,
        kind: RecordKind::Update,
        deposit: Amount::ZERO,
        withdrawal: Amount::ZERO,
        new_leaf: account.leaf(),
        ciphertext,
    };
    let mut all = alloc::vec![Fr::from(9); STATEMENT_HEAD];
    (0..units).for_each(|_| all.extend(record.elements()));
    all.extend([Fr::from(9); HOUSE_RECORD]);
    let settled = SettledBatch {
        statement: to_bytes(&statement_hash(&all)),
        units: units.saturated_into(),
        submitter: who.clone(),
        series: 1,
        block: 0,
    };
    T::Batches::make_settled(GROUP, 0, settled);
    Ok(CancelReport {
        receipt,
        instruction: cancel.encode().try_into().map_err(stop)?,
        batch_no: 0,
        elements: BoundedVec::truncate_from(all.iter().map(to_bytes).collect()),
        unit: units.saturating_sub(1).saturated_into(),
        place: MAX_PLACES.saturating_sub(1).saturated_into(),
        opening,
    })
}

/// What the receipt of such a report promises.
fn promise<T: Config>(report: &CancelReport) -> Result<Promise<T::AccountId>, BenchmarkError> {
    let signed = SignedInstruction::decode(&mut &report.instruction[..]);
    Ok(Promise {
        number: report.receipt.receipt.number,
        cancel: signed.map_err(|_| BenchmarkError::Stop("no cancel"))?.instruction,
        filled: Lots(3),
        batch: T::Batches::settled(GROUP, 0).ok_or(BenchmarkError::Stop("no batch"))?,
    })
}

#[benchmarks(
    where T::Currency: Mutate<T::AccountId>, T::AccountId: From<[u8; 32]>,
)]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn set_terms() -> Result<(), BenchmarkError> {
        let origin = T::NoticeOrigin::try_successful_origin().map_err(|()| BenchmarkError::Weightless)?;
        rich::<T>("rich")?;
        let terms = BondTerms {
            amount: T::MaxBond::get(),
            unbonding: T::MaxUnbonding::get(),
            reporter_share: 0,
        };
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, GROUP, terms);
        assert_eq!(TermsOf::<T>::get(GROUP), Some(terms));
        Ok(())
    }

    #[benchmark]
    fn bond() -> Result<(), BenchmarkError> {
        let who = bonded::<T>("bonded")?;
        let held = T::MinBond::get().saturating_mul(2u32.saturated_into());
        #[extrinsic_call]
        _(RawOrigin::Signed(who.clone()), GROUP, T::MinBond::get());
        assert_eq!(Bonds::<T>::get(GROUP, who).map(|kept| kept.held), Some(held));
        Ok(())
    }

    #[benchmark]
    fn unbond() -> Result<(), BenchmarkError> {
        let who = bonded::<T>("bonded")?;
        #[extrinsic_call]
        _(RawOrigin::Signed(who.clone()), GROUP);
        assert!(Bonds::<T>::get(GROUP, who).is_some_and(|kept| kept.free_at.is_some()));
        Ok(())
    }

    #[benchmark]
    fn withdraw_unbonded() -> Result<(), BenchmarkError> {
        let who = bonded::<T>("bonded")?;
        let given_up = Bond {
            held: T::MinBond::get(),
            free_at: Some(Zero::zero()),
        };
        Bonds::<T>::insert(GROUP, &who, given_up);
        #[extrinsic_call]
        _(RawOrigin::Signed(who.clone()), GROUP);
        assert!(!Bonds::<T>::contains_key(GROUP, who));
        Ok(())
    }

    /// All that a report does. Nobody can sign here, so both signatures are wrong, which is found no earlier than that
    /// a signature is right.
    #[benchmark]
    fn report_receipts() -> Result<(), BenchmarkError> {
        let reporter = rich::<T>("reporter")?;
        let who = T::AccountId::from(POINT);
        T::Currency::set_balance(&who, T::MinBond::get().saturating_mul(10u32.saturated_into()));
        Pallet::<T>::bond(RawOrigin::Signed(who.clone()).into(), GROUP, T::MinBond::get())?;
        let first = Box::new(receipt::<T>()?);
        let mut second = first.clone();
        second.receipt.received_at = 1;
        let found;
        #[block]
        {
            found = Pallet::<T>::check_report(GROUP, &who, &first, &second);
            let _ = Pallet::<T>::is_signed(&who, &second);
            Pallet::<T>::slash(GROUP, who.clone(), 0, reporter);
        }
        assert!(matches!(found, Err(Error::WrongSignature)));
        assert!(Barred::<T>::contains_key(GROUP, &who));
        assert!(!Bonds::<T>::contains_key(GROUP, who));
        Ok(())
    }

    #[benchmark]
    fn begin_series() -> Result<(), BenchmarkError> {
        let who = bonded::<T>("bonded")?;
        Pallet::<T>::begin_series(RawOrigin::Signed(who.clone()).into(), GROUP, [1; 32])?;
        #[extrinsic_call]
        _(RawOrigin::Signed(who.clone()), GROUP, [2; 32]);
        assert_eq!(SeriesOf::<T>::get(GROUP, who).map(|series| series.number), Some(2));
        Ok(())
    }

    /// By elements of the statement: of a batch whose units have the most places. Nobody can sign here, so the
    /// signature is wrong, which is the last that is found before the statement is hashed.
    #[benchmark]
    fn report_cancel(e: Linear<{ OF_ONE_UNIT }, MAX_ELEMENTS>) -> Result<(), BenchmarkError> {
        let reporter = rich::<T>("reporter")?;
        let who = T::AccountId::from(POINT);
        T::Currency::set_balance(&who, T::MinBond::get().saturating_mul(10u32.saturated_into()));
        Pallet::<T>::bond(RawOrigin::Signed(who.clone()).into(), GROUP, T::MinBond::get())?;
        let report = Box::new(overfill::<T>(&who, e)?);
        let promise = promise::<T>(&report)?;
        let (promised, proven);
        #[block]
        {
            promised = Pallet::<T>::check_promise(GROUP, &who, &report);
            proven = Pallet::<T>::check_overfill(&promise, &report);
            Pallet::<T>::slash(GROUP, who.clone(), 0, reporter);
        }
        assert!(matches!(promised, Err(Error::WrongSignature)));
        assert!(proven.is_ok());
        assert!(!Bonds::<T>::contains_key(GROUP, who));
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::empty(), crate::mock::Test);
}
