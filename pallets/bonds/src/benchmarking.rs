//! Benchmarks of the calls.
#![allow(missing_docs)]

use super::*;
use alloc::boxed::Box;
use codec::Decode;
use frame_support::traits::{fungible::Mutate, EnsureOrigin, Get};
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

    impl_benchmark_test_suite!(Pallet, crate::mock::empty(), crate::mock::Test);
}
