//! The operators vanish: anyone freezes the group, and each trader leaves it alone by a proof (C-EXIT).

use cloister_client::{
    audit::audit_batches,
    chain::{Chain, Until},
    exit::ExitProver,
    history::statements,
    oracle::developer,
    recovery::locate,
    trader,
};
use cloister_client_core::{exit::Exit, trader::Trader};
use cloister_runtime::RuntimeCall;
use cloister_tests::leaving::{balance, claims_are_over, freeze_when_due, refusal, vault_should_be_empty, Wallet};
use pallet_cloister_execution::{solvency::SolvencyTerms, Call, Error};
use polkadot_sdk::pallet_sudo;

/// A deposit that nobody takes any more: 1 of the settlement asset.
const LATE: u64 = 1_000_000;

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
    freeze_when_due(chain, group, stranger).await;
}

/// Both traders of the group leave it, and nothing of theirs stays: the first by calls of the client, the second, with
/// this seed and owner, by the program `cloister`.
pub async fn all_should_leave_to_the_last_unit(node: &str, chain: &Chain, traders: [&Trader; 2], second: (&str, &str)) {
    let wallet = Wallet::import(node, second.0, second.1).await;
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
        // The whole history gives what the last record alone gives, which takes a handful of requests.
        let exit = Exit::of(statements(&audit.batches), trader, values.clone()).expect("rebuilt from the chain");
        let found = locate(chain, trader, head).await.expect("found by its index");
        assert_eq!(found.requests, 5, "account, hash of the block, block, leaves, root");
        assert_eq!((&found.account, found.root), (&exit.witness.account, audit.root));
        let located = Exit::at(found.account, &found.tree, trader, values.clone()).expect("it holds");
        assert_eq!((located.statement, &located.witness), (exit.statement, &exit.witness));
        claims.push(exit.statement.claim.get());
        if trader.index == traders[1].index {
            wallet.exit().await;
            continue;
        }
        let proof = prover.prove(&exit).await.expect("proven").proof;
        let claim = exit.statement.claim.get();
        let send = |claim| trader::exit(chain, group, &trader.keys, (key, claim, proof), Until::InBlock);
        let error = send(claim + 1).await.expect_err("it is not worth as much");
        assert_eq!(refusal(&error), Some(Error::InvalidProof), "{error}");
        send(claim).await.expect("the claim is recorded");
        let error = send(claim).await.expect_err("an index leaves once");
        assert_eq!(refusal(&error), Some(Error::AlreadyExited), "{error}");
    }
    let recorded = chain.exit_of(group, traders[1].index, None).await.expect("read");
    assert_eq!(recorded.map(|exit| exit.gross), Some(claims[1]), "the program's claim");
    assert!(claims.iter().all(|claim| *claim > 0), "{claims:?}");

    // Nothing is paid before the ratio is fixed, and that is not before all had their time.
    let early = trader::settle_exits(chain, group, &traders[0].keys, Until::InBlock).await;
    assert_eq!(refusal(&early.expect_err("too early")), Some(Error::ExitsNotDue));
    claims_are_over(chain, group).await;
    // The program waits for the chain's clock, has the ratio fixed, and is paid.
    wallet.exit().await;
    assert_eq!(balance(chain, traders[1]).await, before[1] + claims[1]);
    let again = trader::settle_exits(chain, group, &traders[0].keys, Until::InBlock).await;
    assert_eq!(refusal(&again.expect_err("once")), Some(Error::ExitsSettled));
    let paid = trader::pay_exit(chain, group, traders[0].index, &traders[1].keys, Until::InBlock)
        .await
        .expect("paid");
    assert_eq!(
        (paid, balance(chain, traders[0]).await),
        (claims[0], before[0] + claims[0])
    );
    let rest = vault_should_be_empty(chain, group).await;
    println!("{} and {} left; {rest} stays in the vault", claims[0], claims[1]);
}
