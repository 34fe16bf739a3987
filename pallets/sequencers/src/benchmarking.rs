//! Benchmarks of the calls.
#![allow(missing_docs)]

use super::*;
use alloc::{vec, vec::Vec};
use cloister_crypto::{field::to_bytes, schnorr::SecretKey};
use frame_support::{traits::EnsureOrigin, traits::Get, BoundedVec};
use frame_system::RawOrigin;
use polkadot_sdk::frame_benchmarking::v2::*;

const GROUP: u32 = u32::MAX;

fn notice<T: Config>() -> Result<T::RuntimeOrigin, BenchmarkError> {
    T::NoticeOrigin::try_successful_origin().map_err(|()| BenchmarkError::Weightless)
}

/// Makes somebody the first of as many members as a group may have; terms say that members lead in turn, and that it
/// does. It is bonded.
pub fn lead<T: Config>(group: u32, who: T::AccountId) -> Result<(), BenchmarkError> {
    let terms = TakeOver {
        epoch: 100u32.into(),
        first_delay: MIN_FIRST_DELAY,
    };
    T::Bonds::make_bonded(group, &who);
    let others = (1..T::MaxMembers::get()).map(|number| account("member", number, 0));
    let members = core::iter::once(who).chain(others).collect();
    Pallet::<T>::put_members(group, BoundedVec::truncate_from(members))
        .and_then(|()| Pallet::<T>::put_take_over(group, terms))
        .map_err(|_| BenchmarkError::Stop("no sequencer"))
}

fn no<E>(what: &'static str) -> impl Fn(E) -> BenchmarkError {
    move |_| BenchmarkError::Stop(what)
}

fn key(seed: u8) -> (Field, Field) {
    let key = SecretKey::from_seed(&[seed; 32]).public();
    (to_bytes(&key.x()), to_bytes(&key.y()))
}

/// As many members as there should be, each with a transport key.
fn members<T: Config>(count: u32) -> Result<Vec<T::AccountId>, BenchmarkError> {
    let all: Vec<T::AccountId> = (0..count).map(|number| account("before", number, 0)).collect();
    Pallet::<T>::put_members(GROUP, BoundedVec::truncate_from(all.clone())).map_err(no("no members"))?;
    for who in &all {
        Pallet::<T>::put_transport_key(GROUP, who.clone(), [1; 32]).map_err(no("no transport key"))?;
    }
    Ok(all)
}

fn sealed<T: Config>(to: &[T::AccountId]) -> BoundedVec<SealedSecret<T::AccountId>, T::MaxMembers> {
    let one = |to: &T::AccountId| SealedSecret {
        to: to.clone(),
        transport: [1; 32],
        ciphertext: [1; SEALED_SECRET as usize],
    };
    BoundedVec::truncate_from(to.iter().map(one).collect())
}

/// The state in which changes of members and keys cost most: every member has handed the longest secrets over to every
/// other one, a rotation is due, and each of them proposes a key.
fn fill<T: Config>(all: &[T::AccountId]) -> Result<(), BenchmarkError> {
    let (x, y) = key(8);
    Pallet::<T>::put_seal_key(GROUP, x, y).map_err(no("no key"))?;
    RotationsDue::<T>::insert(GROUP, 1);
    for to in all {
        for from in all {
            let ciphertext = BoundedVec::truncate_from(vec![1; MAX_HAND_OVER as usize]);
            Pallet::<T>::put_hand_over(GROUP, from.clone(), to.clone(), [1; 32], (x, y), ciphertext)
                .map_err(no("no hand-over"))?;
        }
        let others: Vec<T::AccountId> = all.iter().filter(|who| *who != to).cloned().collect();
        if !others.is_empty() {
            Pallet::<T>::put_proposal(GROUP, to.clone(), key(10), sealed::<T>(&others)).map_err(no("no proposal"))?;
        }
    }
    Ok(())
}

#[benchmarks]
mod benchmarks {
    use super::*;

    /// Other members than before, so the whole list before is looked at for each, and each loses a bond that is good.
    #[benchmark]
    fn set_members(m: Linear<0, { T::MaxMembers::get() }>) -> Result<(), BenchmarkError> {
        let origin = notice::<T>()?;
        let before = members::<T>(m)?;
        fill::<T>(&before)?;
        RotationsDue::<T>::remove(GROUP);
        before.iter().for_each(|who| T::Bonds::make_bonded(GROUP, who));
        let after = BoundedVec::truncate_from((0..m).map(|i| account("after", i, 0)).collect());
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, GROUP, after);
        assert_eq!(Members::<T>::get(GROUP).len() as u32, m);
        Ok(())
    }

    #[benchmark]
    fn set_seal_key() -> Result<(), BenchmarkError> {
        let origin = notice::<T>()?;
        fill::<T>(&members::<T>(T::MaxMembers::get())?)?;
        let (x, y) = key(9);
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, GROUP, x, y);
        assert_eq!(SealKeys::<T>::get(GROUP), Some((x, y)));
        Ok(())
    }

    #[benchmark]
    fn set_take_over() -> Result<(), BenchmarkError> {
        let origin = notice::<T>()?;
        let terms = TakeOver {
            epoch: 100u32.into(),
            first_delay: MIN_FIRST_DELAY,
        };
        Pallet::<T>::put_take_over(GROUP, terms).map_err(|_| BenchmarkError::Stop("no terms"))?;
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, GROUP, terms);
        assert_eq!(TakeOverOf::<T>::get(GROUP), Some(terms));
        Ok(())
    }

    #[benchmark]
    fn set_transport_key() -> Result<(), BenchmarkError> {
        let all = members::<T>(T::MaxMembers::get())?;
        fill::<T>(&all)?;
        let who = all.last().cloned().ok_or(BenchmarkError::Weightless)?;
        #[extrinsic_call]
        _(RawOrigin::Signed(who.clone()), GROUP, [2; 32]);
        assert_eq!(TransportKeys::<T>::get(GROUP, who), Some([2; 32]));
        Ok(())
    }

    #[benchmark]
    fn hand_over() -> Result<(), BenchmarkError> {
        let all = members::<T>(T::MaxMembers::get())?;
        fill::<T>(&all)?;
        let who = all.last().cloned().ok_or(BenchmarkError::Weightless)?;
        let ciphertext: Ciphertext = BoundedVec::truncate_from(vec![2; MAX_HAND_OVER as usize]);
        #[extrinsic_call]
        _(
            RawOrigin::Signed(who.clone()),
            GROUP,
            who.clone(),
            [1; 32],
            key(8),
            ciphertext.clone(),
        );
        let found = HandOvers::<T>::get(GROUP, who);
        assert!(found.iter().any(|one| one.ciphertext == ciphertext));
        Ok(())
    }

    /// With no other member it costs most: the key is in force at once.
    #[benchmark]
    fn propose_seal_key(m: Linear<1, { T::MaxMembers::get() }>) -> Result<(), BenchmarkError> {
        let all = members::<T>(m)?;
        fill::<T>(&all)?;
        let (who, others) = all.split_last().ok_or(BenchmarkError::Weightless)?;
        let (x, y) = key(9);
        #[extrinsic_call]
        _(RawOrigin::Signed(who.clone()), GROUP, x, y, sealed::<T>(others));
        let proposed = Rotations::<T>::get(GROUP, who).map(|proposal| proposal.key);
        assert!(proposed == Some((x, y)) || SealKeys::<T>::get(GROUP) == Some((x, y)));
        Ok(())
    }

    /// The last one, after which the key is in force.
    #[benchmark]
    fn confirm_seal_key(m: Linear<2, { T::MaxMembers::get() }>) -> Result<(), BenchmarkError> {
        let all = members::<T>(m)?;
        fill::<T>(&all)?;
        let ([proposer, rest @ ..], (x, y)) = (all.as_slice(), key(10)) else {
            return Err(BenchmarkError::Weightless);
        };
        let (last, others) = rest.split_last().ok_or(BenchmarkError::Weightless)?;
        for who in others {
            Pallet::<T>::put_confirmation(GROUP, who.clone(), proposer.clone(), (x, y)).map_err(no("no word"))?;
        }
        #[extrinsic_call]
        _(RawOrigin::Signed(last.clone()), GROUP, proposer.clone(), x, y);
        assert_eq!(SealKeys::<T>::get(GROUP), Some((x, y)));
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::empty(), crate::mock::Test);
}
