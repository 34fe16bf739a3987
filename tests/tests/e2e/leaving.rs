//! The operators vanish: anyone freezes the group, and each trader leaves it alone by a proof (C-EXIT).

use cloister_client::{
    audit::audit_batches,
    chain::{Chain, ChainError, Until},
    exit::ExitProver,
    history::statements,
    oracle::developer,
    trader::{self, now, owner_of},
};
use cloister_client_core::{exit::Exit, trader::Trader};
use cloister_runtime::{Runtime, RuntimeCall};
use pallet_cloister_execution::{solvency::SolvencyTerms, Call, Error, GroupTotals};
use polkadot_sdk::pallet_sudo;
use std::time::{Duration, Instant};

/// A deposit that nobody takes any more: 1 of the settlement asset.
const LATE: u64 = 1_000_000;
const PATIENCE: Duration = Duration::from_secs(180);
/// Time between two tries.
const POLL: Duration = Duration::from_secs(2);

fn refusal(error: &ChainError) -> Option<Error<Runtime>> {
    match error {
        ChainError::Failed(failure) => failure.execution(),
        _ => None,
    }
}

async fn balance(chain: &Chain, trader: &Trader) -> u128 {
    let asset = chain.group_state(trader.group, None).await.expect("the group").asset;
    let owner = owner_of(&trader.keys);
    chain.asset_balance(asset, &owner, None).await.expect("a balance")
}

/// Governance has set the shortest terms; a minute later nobody has proven the group, and a stranger freezes it.
async fn freeze(chain: &Chain, group: u32, stranger: &Trader) {
    let terms = SolvencyTerms {
        max_round_age: 60_000,
        freeze_after: 60_000,
    };
    let call = RuntimeCall::Execution(Call::set_solvency_terms {
        group,
        terms: Some(terms),
    });
    let sudo = pallet_sudo::Call::sudo { call: Box::new(call) };
    chain
        .submit(RuntimeCall::Sudo(sudo), &developer(), Until::InBlock)
        .await
        .expect("set");
    let begin = Instant::now();
    while let Err(error) = trader::freeze(chain, group, &stranger.keys, Until::InBlock).await {
        assert_eq!(refusal(&error), Some(Error::FreezeNotDue), "{error}");
        assert!(begin.elapsed() < PATIENCE, "the freeze does not fall due");
        tokio::time::sleep(POLL).await;
    }
}

/// All traders of the group leave it, and nothing of theirs stays.
pub async fn all_should_leave_to_the_last_unit(chain: &Chain, traders: [&Trader; 2]) {
    let group = traders[0].group;
    let mut before = Vec::new();
    for trader in traders {
        before.push(balance(chain, trader).await);
    }
    let fee = chain.queue_fee(group, false, None).await.expect("a fee");
    trader::deposit(chain, group, &traders[0].keys, LATE, Until::InBlock)
        .await
        .expect("queued");
    before[0] -= u128::from(fee);
    freeze(chain, group, traders[1]).await;
    let table = chain
        .final_table(group, None)
        .await
        .expect("read")
        .expect("fixed with the freeze");
    let values = table.final_values().expect("canonical");

    // What waits goes back, whoever asks.
    let waiting = chain
        .waiting(group, &[traders[0].index], None)
        .await
        .expect("the queue");
    trader::refund_item(chain, group, waiting[0].0, &traders[1].keys, Until::InBlock)
        .await
        .expect("refunded");
    assert_eq!(balance(chain, traders[0]).await, before[0]);

    let head = chain.finalized().await.expect("a final block");
    let audit = audit_batches(chain, group, head).await.expect("every proof verifies");
    let prover = ExitProver::new(None).await.expect("the development parameters");
    let key = prover.key_of(chain).await.expect("the chain has its key");
    let mut claims = Vec::new();
    for trader in traders {
        let exit = Exit::of(statements(&audit.batches), trader, values.clone()).expect("rebuilt from the chain");
        let proof = prover.prove(&exit).await.expect("proven").proof;
        let claim = exit.statement.claim.get();
        let send = |claim| trader::exit(chain, group, &trader.keys, (key, claim, proof), Until::InBlock);
        let error = send(claim + 1).await.expect_err("it is not worth as much");
        assert_eq!(refusal(&error), Some(Error::InvalidProof), "{error}");
        send(claim).await.expect("the claim is recorded");
        let error = send(claim).await.expect_err("an index leaves once");
        assert_eq!(refusal(&error), Some(Error::AlreadyExited), "{error}");
        claims.push(claim);
    }
    assert!(claims.iter().all(|claim| *claim > 0), "{claims:?}");

    // Nothing is paid before the ratio is fixed, and that is not before all had their time.
    let early = trader::settle_exits(chain, group, &traders[0].keys, Until::InBlock).await;
    assert_eq!(refusal(&early.expect_err("too early")), Some(Error::ExitsNotDue));
    let until = chain
        .exit_sums(group, None)
        .await
        .expect("read")
        .expect("there")
        .claims_until;
    let begin = Instant::now();
    while now() < until {
        assert!(begin.elapsed() < PATIENCE, "the first phase does not end");
        tokio::time::sleep(POLL).await;
    }
    loop {
        match trader::settle_exits(chain, group, &traders[0].keys, Until::InBlock).await {
            Ok(_) => break,
            // The chain's clock is that of its blocks.
            Err(error) => assert_eq!(refusal(&error), Some(Error::ExitsNotDue), "{error}"),
        }
        tokio::time::sleep(POLL).await;
    }
    for ((trader, before), claim) in traders.into_iter().zip(before).zip(&claims) {
        let paid = trader::pay_exit(chain, group, trader.index, &traders[1].keys, Until::InBlock)
            .await
            .expect("paid");
        assert_eq!((paid, balance(chain, trader).await), (*claim, before + claim));
    }
    let totals = chain.group_totals(group, None).await.expect("read");
    assert_eq!(totals, GroupTotals::default(), "the vault owes nothing");
    // Its minimum balance stays, which was there before anybody came.
    let asset = chain.group_state(group, None).await.expect("the group").asset;
    let vault = chain.vault_account(group).await.expect("an account");
    let (_, minimum) = chain.asset_supply(asset, None).await.expect("the asset");
    let rest = chain.asset_balance(asset, &vault, None).await.expect("a balance");
    assert_eq!(rest, minimum);
    println!("{} and {} left; {rest} stays in the vault", claims[0], claims[1]);
}
