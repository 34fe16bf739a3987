use super::{Refused, Turn, Verification, TOGETHER};
use cloister_engine::{Checker, Claim, Engine, Rejection, TraderInput};
use cloister_engine_testing::{buy, engine, secret, sign, GENESIS, MARK, ONE};
use futures::{stream::FuturesUnordered, FutureExt, StreamExt};
use std::pin::pin;

const MOST: usize = 200;

fn verification() -> Verification {
    Verification::new(Checker::new(GENESIS), MOST)
}

fn market() -> Engine {
    engine(4, ONE)
}

fn claim(engine: &Engine, account: u32, id: u64) -> Claim {
    let signed = sign(buy(account, id, 1, MARK));
    engine.claim(TraderInput::Instruction(signed)).unwrap()
}

/// Signed by somebody else.
fn forged(engine: &Engine, account: u32, id: u64) -> Claim {
    let signed = buy(account, id, 1, MARK).sign(&GENESIS, &secret(account + 1));
    engine.claim(TraderInput::Instruction(signed)).unwrap()
}

fn id(turn: &mut Turn) -> u64 {
    match turn.take().unwrap().into_input() {
        TraderInput::Instruction(signed) => signed.instruction.id.get(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_valid_signature_should_be_let_through_once() {
    let (engine, verification) = (market(), verification());
    let mut turn = verification.check(claim(&engine, 0, 1)).await.unwrap();
    assert_eq!(id(&mut turn), 1);
    assert_eq!(turn.take(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_signature_should_be_refused_and_delay_nobody() {
    let (engine, verification) = (market(), verification());
    let forged = verification.check(forged(&engine, 0, 1));
    let honest = verification.check(claim(&engine, 0, 2));
    let (forged, honest) = futures::join!(forged, honest);
    assert_eq!(forged.unwrap_err(), Refused::Rejected(Rejection::BadSignature));
    assert_eq!(id(&mut honest.unwrap()), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_of_an_account_should_wait_for_the_turn_before_it() {
    let (engine, verification) = (market(), verification());
    let mut first = pin!(verification.check(claim(&engine, 0, 1)));
    let mut second = pin!(verification.check(claim(&engine, 0, 2)));
    assert!(first.as_mut().now_or_never().is_none());
    assert!(second.as_mut().now_or_never().is_none());
    let mut turn = first.await.unwrap();
    // Another account's turn comes after theirs was checked, and is not held up.
    let other = verification.check(claim(&engine, 1, 1)).await.unwrap();
    assert!(second.as_mut().now_or_never().is_none());
    assert_eq!(id(&mut turn), 1);
    drop(turn);
    assert_eq!(id(&mut second.await.unwrap()), 2);
    drop(other);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_should_be_let_through_together_and_after_what_came_before() {
    let (engine, verification) = (market(), verification());
    let turn = verification.check(claim(&engine, 0, 1)).await.unwrap();
    let claims = vec![
        claim(&engine, 0, 2),
        forged(&engine, 0, 3),
        claim(&engine, 1, 4),
        claim(&engine, 0, 5),
    ];
    let mut list = pin!(verification.check_list(claims));
    assert!(list.as_mut().now_or_never().is_none());
    let mut after = pin!(verification.check(claim(&engine, 0, 6)));
    assert!(after.as_mut().now_or_never().is_none());
    // Not even when all signatures are checked.
    let other = verification.check(claim(&engine, 2, 1)).await.unwrap();
    assert!(list.as_mut().now_or_never().is_none());
    drop((turn, other));
    let mut checked = list.await;
    assert_eq!(
        checked.remove(1).unwrap_err(),
        Refused::Rejected(Rejection::BadSignature)
    );
    let ids: Vec<u64> = checked.iter_mut().map(|turn| id(turn.as_mut().unwrap())).collect();
    assert_eq!(ids, [2, 4, 5]);
    assert!(after.as_mut().now_or_never().is_none());
    drop(checked);
    assert_eq!(id(&mut after.await.unwrap()), 6);
    assert!(verification.check_list(Vec::new()).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_that_have_gone_should_not_hold_up_those_after_them() {
    let (engine, verification) = (market(), verification());
    let turn = verification.check(claim(&engine, 0, 1)).await.unwrap();
    for id in 2..20 {
        // Asked once, so that it is in the queue, and forgotten.
        assert!(verification.check(claim(&engine, 0, id)).now_or_never().is_none());
    }
    let last = verification.check(claim(&engine, 0, 20));
    drop(turn);
    assert_eq!(id(&mut last.await.unwrap()), 20);
    let state = verification.0.state();
    assert!(state.queue.is_empty() && state.ready == 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_should_cost_its_account_and_nobody_else() {
    let (engine, verification) = (market(), verification());
    let mut done = FuturesUnordered::new();
    let mut answers = Vec::new();
    {
        // Nothing is checked while this is held.
        let _held = verification.0.checker.lock().unwrap();
        let check = |account: u32, claim| {
            let verification = verification.clone();
            let mut future = Box::pin(async move { (account, verification.check(claim).await) });
            let at_once = future.as_mut().now_or_never();
            (future, at_once)
        };
        for number in 0..MOST as u64 + 50 {
            let (future, at_once) = check(0, forged(&engine, 0, number));
            match at_once {
                Some((_, refused)) => assert_eq!(refused.unwrap_err(), Refused::Busy),
                None => done.push(future),
            }
        }
        assert_eq!(done.len(), MOST);
        for account in 1..4 {
            let (future, at_once) = check(account, claim(&engine, account, 1));
            assert!(at_once.is_none(), "an account that asks for its share gets in");
            done.push(future);
        }
        // All are asked once, so that from now on they come in the order in which they are answered.
        while let Some(Some((account, answer))) = done.next().now_or_never() {
            answers.push((account, answer.map(drop)));
        }
    }
    while let Some((account, answer)) = done.next().await {
        answers.push((account, answer.map(drop)));
    }
    let busy = answers.iter().filter(|(_, answer)| *answer == Err(Refused::Busy));
    assert!(busy.clone().all(|(account, _)| *account == 0));
    assert_eq!(busy.count(), 3, "the flood's newest leave for the others");
    assert_eq!(answers.iter().filter(|(_, answer)| answer.is_ok()).count(), 3);
    let forged = |answer: &Result<(), Refused>| *answer == Err(Refused::Rejected(Rejection::BadSignature));
    assert_eq!(answers.iter().filter(|(_, answer)| forged(answer)).count(), MOST - 3);
    // They were checked in the first round, although they came last.
    let last_honest = answers.iter().rposition(|(account, _)| *account != 0);
    assert!(last_honest.is_some_and(|place| place < TOGETHER + 3), "{last_honest:?}");
}
