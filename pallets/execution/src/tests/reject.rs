//! Batches that are refused, each with its error, and with nothing changed.

use crate::{mock::*, Batch, Error, Event, Groups, Totals};
use cloister_ledger::{KeyRecord, RecordKind};
use cloister_types::{AccountIndex, Amount};
use polkadot_sdk::frame_support::{assert_noop, assert_ok, BoundedVec};

/// The order of the scalar field: the smallest encoding that is not canonical.
const ORDER: [u8; 32] = [
    0x01, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xfe, 0x5b, 0xfe, 0xff, 0x02, 0xa4, 0xbd, 0x53, 0x05, 0xd8, 0xa1,
    0x09, 0x08, 0xd8, 0x39, 0x33, 0x48, 0x7d, 0x9d, 0x29, 0x53, 0xa7, 0xed, 0x73,
];

/// A batch with a good proof: it would be accepted.
fn good() -> Batch {
    proven(batch(vec![withdrawing(0, 50), unit(0)]))
}

/// Asserts that `change` makes the good batch fail with `error`.
fn refused(error: Error<Test>, change: impl FnOnce(&mut Batch)) {
    let mut batch = good();
    change(&mut batch);
    assert_noop!(submit(&batch), error);
}

#[test]
fn submitter_that_is_not_the_sequencer_should_be_refused() {
    on_open(|| {
        let batch = good();
        assert_noop!(submit_as(signed(&ALICE), GROUP, &batch), Error::<Test>::NotSubmitter);
        assert_noop!(
            submit_as(RuntimeOrigin::root(), GROUP, &batch),
            polkadot_sdk::sp_runtime::DispatchError::BadOrigin
        );
    });
}

#[test]
fn batch_of_an_unknown_group_should_be_refused() {
    on_open(|| {
        let batch = good();
        assert_noop!(submit_as(signed(&SEQUENCER), 9, &batch), Error::<Test>::UnknownGroup);
    });
}

#[test]
fn batch_submitted_twice_or_out_of_order_should_be_refused() {
    on_open(|| {
        let batch = good();
        refused(Error::WrongBatchNumber, |b| b.batch_no += 1);
        assert_ok!(submit(&batch));
        assert_noop!(submit(&batch), Error::<Test>::WrongBatchNumber);
        refused(Error::WrongBatchNumber, |b| b.batch_no = 0);
    });
}

#[test]
fn batch_submitted_again_under_the_next_number_should_be_refused() {
    on_open(|| {
        let mut batch = good();
        assert_ok!(submit(&batch));
        batch.batch_no += 1;
        assert_noop!(submit(&batch), Error::<Test>::InvalidProof);
    });
}

#[test]
fn proof_with_a_flipped_sign_should_be_refused() {
    on_open(|| {
        for offset in [0, 48, 144] {
            refused(Error::InvalidProof, |b| b.proof[offset] ^= 0x20);
        }
    });
}

#[test]
fn proof_with_any_flipped_bit_should_be_refused() {
    on_open(|| {
        let good = good();
        let before = Groups::<Test>::get(GROUP);
        for bit in (0..192 * 8).step_by(7) {
            let mut batch = good.clone();
            batch.proof[bit / 8] ^= 1 << (bit % 8);
            let error = submit(&batch).unwrap_err().error;
            let allowed = [
                Error::<Test>::InvalidProof,
                Error::ProofMalformedEncoding,
                Error::ProofNotOnCurve,
                Error::ProofNotInSubgroup,
            ];
            assert!(allowed.into_iter().any(|e| error == e.into()), "bit {bit}: {error:?}");
        }
        assert_eq!(Groups::<Test>::get(GROUP), before);
        assert_ok!(submit(&good));
    });
}

#[test]
fn proof_of_another_batch_should_be_refused() {
    on_open(|| {
        let other = proven(batch(vec![unit(0), unit(0)])).proof;
        refused(Error::InvalidProof, |b| b.proof = other);
    });
}

#[test]
fn proof_under_another_key_should_be_refused() {
    on_open(|| {
        let key = BoundedVec::try_from(prover::other_key()).unwrap();
        assert_ok!(Verifier::set_verifying_key(RuntimeOrigin::root(), 4, SHAPE, false, key));
        System::set_block_number(100);
        refused(Error::InvalidProof, |b| b.key = 4);
    });
}

#[test]
fn proof_from_a_wrong_root_or_house_should_be_refused() {
    on_open(|| {
        let mut batch = good();
        let mut wrong = statement(&batch);
        wrong.old_root += cloister_crypto::Fr::one();
        batch.proof = prover::prove(wrong.hash());
        assert_noop!(submit(&batch), Error::<Test>::InvalidProof);
        let mut wrong = statement(&batch);
        wrong.old_house += cloister_crypto::Fr::one();
        batch.proof = prover::prove(wrong.hash());
        assert_noop!(submit(&batch), Error::<Test>::InvalidProof);
    });
}

#[test]
fn proof_for_another_chain_group_or_table_should_be_refused() {
    on_open(|| {
        let mut batch = good();
        let changes: [fn(&mut cloister_ledger::Statement); 3] = [
            |s| s.genesis[31] ^= 1,
            |s| s.group.0 += 1,
            |s| s.risk_hash += cloister_crypto::Fr::one(),
        ];
        for change in changes {
            let mut wrong = statement(&batch);
            change(&mut wrong);
            batch.proof = prover::prove(wrong.hash());
            assert_noop!(submit(&batch), Error::<Test>::InvalidProof);
        }
    });
}

#[test]
fn anything_altered_after_the_proof_should_be_refused() {
    on_open(|| {
        let changes: [fn(&mut Batch); 15] = [
            |b| b.payee[0] ^= 1,
            |b| b.payee[31] ^= 1,
            |b| b.units[0].withdrawal.0 += 1,
            |b| b.units[1].withdrawal = Amount(1),
            |b| b.units[0].withdrawal = Amount::ZERO,
            |b| b.units[0].ciphertext[0][0] ^= 1,
            |b| b.units[1].ciphertext[8][0] ^= 1,
            |b| b.units[0].new_leaf[0] ^= 1,
            |b| b.salt[0] ^= 1,
            |b| b.new_root[0] ^= 1,
            |b| b.new_house[0] ^= 1,
            |b| b.house_record[13][0] ^= 1,
            |b| b.sweep = Amount(1),
            |b| b.empty_mask = 1,
            |b| b.time += 1,
        ];
        for change in changes {
            refused(Error::InvalidProof, change);
        }
        refused(Error::InvalidProof, |b| b.units.as_mut().swap(0, 1));
    });
}

#[test]
fn copied_proof_should_pay_its_maker_whoever_submits_it() {
    on_open(|| {
        let copier = signed(&BOB);
        let submitters = vec![SEQUENCER, BOB].try_into().unwrap();
        assert_ok!(Sequencers::set_members(RuntimeOrigin::root(), GROUP, submitters));
        let made = good();
        // The copier has themselves paid: the proof is of another statement.
        let mut copied = made.clone();
        copied.payee = BOB.into();
        assert_noop!(submit_as(copier.clone(), GROUP, &copied), Error::<Test>::InvalidProof);
        // What the copier can do is to submit it for its maker.
        assert_ok!(submit_as(copier, GROUP, &made));
        let paid = |event: &Event<Test>| matches!(event, Event::BatchSettled { payee, .. } if *payee == SEQUENCER);
        assert!(events().iter().any(paid));
    });
}

#[test]
fn record_with_another_index_should_be_refused() {
    on_open(|| {
        assert_ok!(open(&BOB, 2, 1_000));
        ready();
        assert_ok!(submit(&proven(batch(vec![unit(1), unit(0)]))));
        refused(Error::InvalidProof, |b| b.units[0].index = AccountIndex(1));
    });
}

#[test]
fn encoding_not_below_the_order_should_be_refused() {
    on_open(|| {
        let changes: [fn(&mut Batch); 7] = [
            |b| b.salt = ORDER,
            |b| b.new_root = ORDER,
            |b| b.new_house = [0xff; 32],
            |b| b.units[1].new_leaf = ORDER,
            |b| b.units[0].ciphertext[3] = ORDER,
            |b| b.units[1].ciphertext[8] = [0xff; 32],
            |b| b.house_record[0] = ORDER,
        ];
        for change in changes {
            refused(Error::NonCanonicalField, change);
        }
    });
}

#[test]
fn same_element_in_another_encoding_should_be_refused() {
    // new_root + p: the same element, other bytes.
    on_open(|| {
        refused(Error::NonCanonicalField, |b| {
            let mut carry = 0u16;
            for (byte, order) in b.new_root.iter_mut().zip(ORDER) {
                carry += u16::from(*byte) + u16::from(order);
                *byte = carry as u8;
                carry >>= 8;
            }
        });
    });
}

#[test]
fn malformed_proof_bytes_should_be_refused_each_with_its_error() {
    on_open(|| {
        for offset in [0, 48, 144] {
            // No compression flag; all bits set; a coordinate out of range.
            refused(Error::ProofMalformedEncoding, |b| b.proof[offset] &= 0x7f);
            refused(Error::ProofMalformedEncoding, |b| {
                b.proof[offset..offset + 48].fill(0xff)
            });
            refused(Error::ProofMalformedEncoding, |b| {
                b.proof[offset..offset + 48].fill(0xff);
                b.proof[offset] = 0x9f;
            });
        }
        refused(Error::ProofMalformedEncoding, |b| b.proof = [0; 192]);
        refused(Error::ProofPointAtInfinity, |b| {
            b.proof[..48].fill(0);
            b.proof[0] = 0xc0;
        });
    });
}

/// A compressed point with a small x: outside the subgroup, or of no point.
fn bad_point<const N: usize>(accept: impl Fn(&[u8; N]) -> bool) -> [u8; N] {
    let mut bytes = [0; N];
    bytes[0] = 0x80;
    while !accept(&bytes) {
        bytes[N - 1] += 1;
    }
    bytes
}

#[test]
fn proof_point_off_the_curve_should_be_refused() {
    on_open(|| {
        let g1 = bad_point(|b| bls12_381::G1Affine::from_compressed_unchecked(b).is_none().into());
        let g2 = bad_point(|b| bls12_381::G2Affine::from_compressed_unchecked(b).is_none().into());
        refused(Error::ProofNotOnCurve, |b| b.proof[..48].copy_from_slice(&g1));
        refused(Error::ProofNotOnCurve, |b| b.proof[48..144].copy_from_slice(&g2));
        refused(Error::ProofNotOnCurve, |b| b.proof[144..].copy_from_slice(&g1));
    });
}

#[test]
fn proof_point_outside_the_subgroup_should_be_refused() {
    on_open(|| {
        let g1 = bad_point(|b| {
            let point: Option<bls12_381::G1Affine> = bls12_381::G1Affine::from_compressed_unchecked(b).into();
            point.is_some_and(|point| !bool::from(point.is_torsion_free()))
        });
        let g2 = bad_point(|b| {
            let point: Option<bls12_381::G2Affine> = bls12_381::G2Affine::from_compressed_unchecked(b).into();
            point.is_some_and(|point| !bool::from(point.is_torsion_free()))
        });
        refused(Error::ProofNotInSubgroup, |b| b.proof[..48].copy_from_slice(&g1));
        refused(Error::ProofNotInSubgroup, |b| b.proof[48..144].copy_from_slice(&g2));
        refused(Error::ProofNotInSubgroup, |b| b.proof[144..].copy_from_slice(&g1));
    });
}

#[test]
fn batch_of_the_wrong_shape_should_be_refused() {
    on_open(|| {
        refused(Error::UnknownKey, |b| b.key += 1);
        refused(Error::WrongStatement, |b| b.key = SEAL_KEY);
        refused(Error::WrongUnitCount, |b| assert!(b.units.pop().is_some()));
        refused(Error::WrongUnitCount, |b| b.units.try_push(unit(0)).unwrap());
        refused(Error::WrongUnitCount, |b| b.units.clear());
        refused(Error::WrongCiphertextLength, |b| {
            assert!(b.units[1].ciphertext.pop().is_some())
        });
        refused(Error::WrongCiphertextLength, |b| {
            b.units[0].ciphertext.try_push([0; 32]).unwrap()
        });
    });
}

#[test]
fn risk_table_that_does_not_exist_or_is_too_old_should_be_refused() {
    on_open(|| {
        refused(Error::RiskTableUnknown, |b| b.risk_version = 2);
        // A table of another group is none of this one.
        set_table(OTHER, 2, START);
        refused(Error::RiskTableUnknown, |b| b.risk_version = 2);
        pass(30_000);
        assert_ok!(submit(&good()));
        let late = good();
        pass(1);
        assert_noop!(submit(&late), Error::<Test>::RiskTableTooOld);
    });
}

#[test]
fn replaced_risk_table_should_be_good_for_the_grace_and_never_again() {
    on_open(|| {
        let at_the_old_table = || {
            let batch = batch(vec![unit(0), unit(0)]);
            proven(Batch {
                risk_version: 1,
                ..batch
            })
        };
        pass(10_000);
        set_table(GROUP, 2, Now::get());
        pass(GRACE);
        assert_ok!(submit(&at_the_old_table()));
        let late = at_the_old_table();
        pass(1);
        assert_noop!(submit(&late), Error::<Test>::RiskTableReplaced);
        // Newer tables change nothing, and neither does it that the next one is no longer kept.
        set_table(GROUP, 3, Now::get());
        assert_noop!(submit(&late), Error::<Test>::RiskTableReplaced);
        Infos::mutate(|infos| infos.remove(&(GROUP, 2)));
        assert_noop!(submit(&late), Error::<Test>::RiskTableReplaced);
        Infos::mutate(|infos| infos.remove(&(GROUP, 1)));
        assert_noop!(submit(&late), Error::<Test>::RiskTableUnknown);
        assert_ok!(submit(&proven(batch(vec![unit(0), unit(0)]))));
    });
}

#[test]
fn newest_risk_table_should_be_bounded_by_its_age_alone() {
    on_open(|| {
        pass(GRACE + 1);
        assert_ok!(submit(&good()));
        Now::set(START + 30_001);
        assert_noop!(submit(&good()), Error::<Test>::RiskTableTooOld);
    });
}

#[test]
fn batch_time_before_the_risk_table_should_be_refused() {
    on_open(|| {
        pass(5_000);
        set_table(GROUP, 2, Now::get());
        let at = |time| {
            let batch = batch(vec![unit(0), unit(0)]);
            proven(Batch { time, ..batch })
        };
        let table = Now::get();
        pass(3_000);
        assert_noop!(submit(&at(table - 1)), Error::<Test>::TimeBeforeTable);
        assert_ok!(submit(&at(table)));
    });
}

#[test]
fn risk_version_should_never_decrease() {
    on_open(|| {
        set_table(GROUP, 2, START);
        assert_ok!(submit(&good()));
        refused(Error::RiskVersionDecreased, |b| b.risk_version = 1);
    });
}

#[test]
fn batch_time_should_never_decrease_and_be_near_the_blocks() {
    on_open(|| {
        refused(Error::TimeDecreased, |b| b.time -= 1);
        refused(Error::TimeInFuture, |b| b.time += 2_001);
        let mut ahead = batch(vec![unit(0), unit(0)]);
        ahead.time += 2_000;
        assert_ok!(submit(&proven(ahead)));
        let late = proven(Batch {
            time: START + 2_000,
            ..batch(vec![unit(0), unit(0)])
        });
        pass(22_001);
        assert_noop!(submit(&late), Error::<Test>::TimeTooOld);
        Now::set(START + 22_000);
        assert_ok!(submit(&late));
    });
}

#[test]
fn deposit_that_was_not_queued_should_be_refused() {
    // The submitter proves a deposit the queue does not have.
    on_open(|| {
        let mut batch = batch(vec![unit(0), unit(0)]);
        let mut wrong = statement(&batch);
        wrong.units[0].deposit = Amount(1);
        batch.proof = prover::prove(wrong.hash());
        assert_noop!(submit(&batch), Error::<Test>::InvalidProof);
    });
}

#[test]
fn deposit_of_another_amount_should_be_refused() {
    on_open(|| {
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 500));
        ready();
        let mut batch = batch(vec![unit(0), unit(0)]);
        let mut wrong = statement(&batch);
        wrong.units[0].deposit = Amount(501);
        batch.proof = prover::prove(wrong.hash());
        assert_noop!(submit(&batch), Error::<Test>::InvalidProof);
    });
}

#[test]
fn open_with_other_keys_should_be_refused() {
    on_open(|| {
        assert_ok!(open(&BOB, 2, 1_000));
        ready();
        let mut batch = batch(vec![unit(1), unit(0)]);
        let mut wrong = statement(&batch);
        let RecordKind::Open(keys) = &mut wrong.units[0].kind else {
            panic!("the item is an open");
        };
        keys.view_commitment = 3.into();
        batch.proof = prover::prove(wrong.hash());
        assert_noop!(submit(&batch), Error::<Test>::InvalidProof);
    });
}

#[test]
fn unit_of_a_kind_that_was_not_queued_should_be_refused() {
    // The chain says which kind a unit's record is. It has no queue for re-keys and forced withdrawals, so a proof of
    // one is a proof of another statement.
    on_open(|| {
        let keys = KeyRecord {
            x: 1.into(),
            y: 2.into(),
            view_commitment: 3.into(),
        };
        for kind in [
            RecordKind::Open(keys),
            RecordKind::Rekey(keys),
            RecordKind::Forced {
                requested: Amount::ZERO,
            },
            RecordKind::Forced { requested: Amount(400) },
            RecordKind::Close,
            RecordKind::Switch {
                switches: Default::default(),
            },
        ] {
            let mut batch = batch(vec![withdrawing(0, 400), unit(0)]);
            let mut wrong = statement(&batch);
            wrong.units[0].kind = kind;
            batch.proof = prover::prove(wrong.hash());
            assert_noop!(submit(&batch), Error::<Test>::InvalidProof);
        }
    });
}

#[test]
fn index_without_a_consumed_open_should_be_refused() {
    on_open(|| {
        assert_noop!(
            submit(&proven(batch(vec![unit(0), unit(1)]))),
            Error::<Test>::UnknownAccount
        );
        assert_ok!(open(&BOB, 2, 1_000));
        // Its open is not ready yet.
        assert_noop!(
            submit(&proven(batch(vec![unit(1), unit(0)]))),
            Error::<Test>::UnknownAccount
        );
        ready();
        assert_ok!(submit(&proven(batch(vec![unit(1), unit(1)]))));
    });
}

#[test]
fn more_than_is_settled_should_never_be_paid() {
    // Even under a proof: the small circuit of these tests proves anything.
    on_open(|| {
        assert_ok!(open(&BOB, 2, 1_000));
        let before = balance(&ALICE);
        let mut most = batch(vec![withdrawing(0, u64::MAX), withdrawing(0, u64::MAX)]);
        most.sweep = Amount(u64::MAX);
        assert_ok!(submit(&proven(most)));
        // What waits in the queue is nobody's but its owner's.
        assert_eq!((balance(&ALICE), balance(&FEES)), (before + 10_000, 0));
        let totals = Totals::<Test>::get(GROUP);
        assert_eq!((totals.queued, totals.sum()), (1_000, Some(1_000)));
        assert_eq!(totals.settled, 10_000 - 3 * i128::from(u64::MAX));
    });
}
