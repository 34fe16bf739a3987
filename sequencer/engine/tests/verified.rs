//! Signatures checked outside of the engine, for many inputs at once (Q-VERIFY).

use cloister_crypto::Fr;
use cloister_crypto_many::Backend;
use cloister_engine::{Checker, Claim, Engine, Rejection, TraderInput, Verified};
use cloister_engine_testing::*;
use cloister_ledger::{ControlAction, InstructionKind, OrdersIn, SignedInstruction};
use cloister_types::{AccountIndex, InstructionId};
use proptest::prelude::*;

const RICH: u64 = 1_000_000 * ONE;
const ZERO: AccountIndex = AccountIndex(0);

fn verified(engine: &Engine, signed: SignedInstruction) -> Verified {
    let claim = engine.claim(TraderInput::Instruction(signed)).unwrap();
    Checker::new(GENESIS).check_many(vec![claim]).remove(0).unwrap()
}

/// Refused, and nothing has changed.
fn refused(engine: &mut Engine, now: u64, verified: Verified, expected: Rejection) {
    engine.advance(now);
    let before = engine.clone();
    assert_eq!(engine.take_verified(now, verified), (Vec::new(), Err(expected)));
    assert_eq!(*engine, before);
}

#[test]
fn a_verified_order_should_do_what_a_signed_one_does() {
    let (mut together, mut alone) = (engine(2, RICH), engine(2, RICH));
    for order in [sell(0, 1, 5, MARK), buy(1, 1, 3, MARK)] {
        let verified = verified(&together, sign(order.clone()));
        let expected = submit(&mut alone, order).unwrap();
        let (passed, accepted) = together.take_verified(NOW, verified);
        assert_eq!((passed, accepted), (Vec::new(), Ok(expected)));
        assert_eq!(together, alone);
    }
}

#[test]
fn what_was_verified_under_the_former_key_should_be_refused() {
    let mut engine = engine(1, RICH);
    let verified = verified(&engine, sign(buy(0, 1, 1, MARK)));
    engine.rekey(ZERO, secret(7).public(), Fr::from(1)).unwrap();
    refused(&mut engine, NOW, verified.clone(), Rejection::BadSignature);
    // Back to the key that it was verified under, it is as good as before.
    engine.rekey(ZERO, secret(0).public(), Fr::from(1)).unwrap();
    assert!(engine.take_verified(NOW, verified).1.is_ok());
}

#[test]
fn what_was_verified_for_another_chain_should_be_refused() {
    let mut engine = engine(1, RICH);
    let elsewhere = [8; 32];
    let signed = buy(0, 1, 1, MARK).sign(&elsewhere, &secret(0));
    let claim = engine.claim(TraderInput::Instruction(signed)).unwrap();
    assert_eq!(claim.clone().check(&GENESIS), Err(Rejection::BadSignature));
    let verified = Checker::new(elsewhere).check_many(vec![claim]).remove(0).unwrap();
    refused(&mut engine, NOW, verified, Rejection::BadSignature);
}

#[test]
fn what_expired_while_it_was_checked_should_be_refused() {
    let mut engine = engine(1, RICH);
    let verified = verified(&engine, sign(buy(0, 1, 1, MARK)));
    let late = LATER + 1;
    let expected = Rejection::Expired {
        expiry: LATER,
        needed: late,
    };
    refused(&mut engine, late, verified, expected);
}

#[test]
fn what_an_account_signed_that_closed_meanwhile_should_be_refused() {
    let mut engine = engine(1, RICH);
    let verified = verified(&engine, sign(buy(0, 1, 1, MARK)));
    engine.close(ZERO).unwrap();
    refused(&mut engine, NOW, verified, Rejection::UnknownAccount(ZERO));
}

#[test]
fn what_needs_no_signature_to_be_refused_should_not_be_checked() {
    let engine = engine(1, RICH);
    let unknown = engine.claim(TraderInput::Instruction(sign(buy(5, 1, 1, MARK))));
    assert_eq!(unknown, Err(Rejection::UnknownAccount(AccountIndex(5))));
}

#[test]
fn a_signature_should_not_serve_an_input_of_another_kind() {
    let engine = engine(1, RICH);
    let mut control = control(0, 1, ControlAction::CancelOrders(OrdersIn::AT_REST));
    control.signature = sign(buy(0, 1, 1, MARK)).signature;
    let claim = engine.claim(TraderInput::Control(control)).unwrap();
    assert_eq!(
        Checker::new(GENESIS).check_many(vec![claim]),
        [Err(Rejection::BadSignature)]
    );
}

/// Inputs of all kinds, signed by their account or by another one.
fn inputs() -> impl Strategy<Value = Vec<TraderInput>> {
    let one = (0u8..4, 0u32..4, 0u32..4, 1u64..50).prop_map(|(kind, account, signer, id)| {
        let signer = secret(if signer == 3 { account + 1 } else { account });
        let cancel = other(InstructionKind::Cancel, account, id, 0);
        match kind {
            0 => TraderInput::Instruction(buy(account, id, 1, MARK).sign(&GENESIS, &signer)),
            1 => TraderInput::Amend {
                replaces: InstructionId(id),
                signed: sell(account, id, 2, MARK).sign(&GENESIS, &signer),
            },
            2 => TraderInput::Annul(cancel.sign(&GENESIS, &signer)),
            _ => {
                let action = ControlAction::CancelOrders(OrdersIn::AT_REST);
                let signed = control(account, id, action);
                TraderInput::Control(signed.control.sign(&GENESIS, &signer))
            }
        }
    });
    prop::collection::vec(one, 0..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn many_checks_should_let_pass_what_single_ones_do(inputs in inputs()) {
        let engine = engine(4, RICH);
        let claims: Vec<Claim> = inputs.into_iter().map(|input| engine.claim(input).unwrap()).collect();
        let alone: Vec<_> = claims.iter().map(|claim| claim.clone().check(&GENESIS)).collect();
        for backend in Backend::ALL {
            let mut checker = Checker::with_backend(GENESIS, backend);
            for _ in 0..3 {
                prop_assert_eq!(&checker.check_many(claims.clone()), &alone);
            }
        }
    }
}
