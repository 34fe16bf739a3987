//! Government on a real node (C-GOVERN): whoever holds the token votes, and a margin is another one. Nobody has a sudo
//! key.

use cloister_client::{
    chain::{Chain, ChainError, Included, Until},
    oracle::developer,
};
use cloister_client_core::owner::OwnerKey;
use cloister_runtime::{
    configs::oracle::FeedId,
    genesis_presets::{groups, ENDOWMENT},
    offices::Origin as Office,
    OriginCaller, Runtime, RuntimeCall, RuntimeEvent,
};
use cloister_tests::node::{alone, start};
use codec::{Decode, Encode};
use futures::future::join_all;
use pallet_cloister_risk::{Call as Risk, Group, GroupParams, Groups};
use pallet_cloister_timelock::{Call as Timelock, Error as NotYet, Event as Noticed};
use polkadot_sdk::{
    frame_support::traits::{schedule::DispatchTime, Bounded},
    frame_system::RawOrigin,
    pallet_conviction_voting::{AccountVote, Call as Voting, Conviction, Vote},
    pallet_preimage::Call as Preimage,
    pallet_referenda::{
        Call as Referenda, Error as NotAVote, Event as Referendum, ReferendumInfo, ReferendumInfoFor, ReferendumInfoOf,
    },
    pallet_sudo::Call as Sudo,
    sp_runtime::{
        traits::{BlakeTwo256, Hash},
        DispatchError,
    },
};
use std::time::{Duration, Instant};

/// From the preimage to the changed margin.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(500);
/// Accounts of the preset that vote: with half of what they have, more than a quarter of all there is.
const VOTERS: [&str; 8] = [
    "//Alice",
    "//Bob",
    "//Charlie",
    "//Dave",
    "//Eve",
    "//Ferdie",
    "//Alice//stash",
    "//Bob//stash",
];

fn key(uri: &str) -> OwnerKey {
    OwnerKey::from_uri(uri).expect("well-formed")
}

async fn send(chain: &Chain, call: impl Into<RuntimeCall>, signer: &OwnerKey) -> Included {
    let sent = chain.submit(call.into(), signer, Until::InBlock).await;
    sent.expect("it is made")
}

/// Why the chain refused a call.
fn refusal(sent: Result<Included, ChainError>) -> DispatchError {
    match sent {
        Err(ChainError::Failed(failure)) => failure.error,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was made"),
    }
}

/// A value of the newest block's state.
async fn read<T: Decode>(chain: &Chain, key: Vec<u8>) -> Option<T> {
    chain.storage(key, None).await.expect("the state")
}

async fn params(chain: &Chain) -> GroupParams {
    let key = Groups::<Runtime>::hashed_key_for(groups::BTC);
    let group: Option<Group<FeedId>> = read(chain, key).await;
    group.expect("the group is there").params
}

/// A referendum whose preimage is on the chain.
fn referendum(origin: OriginCaller, proposal: &RuntimeCall) -> Referenda<Runtime> {
    let bytes = proposal.encode();
    Referenda::submit {
        proposal_origin: Box::new(origin),
        proposal: Bounded::Lookup {
            hash: BlakeTwo256::hash(&bytes),
            len: bytes.len() as u32,
        },
        enactment_moment: DispatchTime::After(0),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn vote_should_change_a_margin_of_a_chain_without_sudo() {
    let _alone = alone().await;
    let (_node, chain) = start("governance", &[]).await;
    let alice = developer();
    let begin = Instant::now();
    send(&chain, Sudo::remove_key {}, &alice).await;

    let before = params(&chain).await;
    let changed = GroupParams {
        initial: before.initial + 16,
        ..before.clone()
    };
    let change: RuntimeCall = Risk::set_group_params {
        group: groups::BTC,
        params: changed.clone(),
    }
    .into();
    let notice: RuntimeCall = Timelock::announce {
        call: Box::new(change.clone()),
    }
    .into();
    let bytes = notice.encode();
    send(&chain, Preimage::note_preimage { bytes }, &alice).await;

    // Nobody votes on Root.
    let of_root = referendum(RawOrigin::Root.into(), &notice);
    let refused = chain.submit(of_root.into(), &alice, Until::InBlock).await;
    assert_eq!(refusal(refused), NotAVote::<Runtime>::NoTrack.into());

    let submitted = send(
        &chain,
        referendum(OriginCaller::Offices(Office::RiskAdmin), &notice),
        &alice,
    )
    .await;
    let index = submitted.event(|event| match event {
        RuntimeEvent::Referenda(Referendum::Submitted { index, .. }) => Some(*index),
        _ => None,
    });
    let index = index.expect("it has a number");
    send(&chain, Referenda::place_decision_deposit { index }, &alice).await;
    let votes = VOTERS.map(|uri| {
        let chain = &chain;
        let vote = AccountVote::Standard {
            vote: Vote {
                aye: true,
                conviction: Conviction::Locked1x,
            },
            balance: ENDOWMENT / 2,
        };
        async move {
            let call = Voting::vote {
                poll_index: index,
                vote,
            };
            send(chain, call, &key(uri)).await;
        }
    });
    join_all(votes).await;

    // The notice is given by the chain itself.
    let bob = key("//Bob");
    let enact: RuntimeCall = Timelock::enact { call: Box::new(change) }.into();
    let enacted = loop {
        assert!(begin.elapsed() < PATIENCE, "no vote is decided");
        let info: Option<ReferendumInfoOf<Runtime, ()>> =
            read(&chain, ReferendumInfoFor::<Runtime>::hashed_key_for(index)).await;
        let over = !matches!(info, Some(ReferendumInfo::Ongoing(_)));
        if over {
            assert!(matches!(info, Some(ReferendumInfo::Approved(..))), "{info:?}");
            let sent = chain.submit(enact.clone(), &bob, Until::InBlock).await;
            match sent {
                Ok(included) => break included,
                refused => assert_eq!(refusal(refused), NotYet::<Runtime>::NotAnnounced.into()),
            }
        }
        tokio::time::sleep(POLL).await;
    };
    let done = enacted.event(|event| match event {
        RuntimeEvent::Timelock(Noticed::Enacted { .. }) => Some(()),
        _ => None,
    });
    assert!(done.is_some());
    assert_eq!(params(&chain).await, changed);
    println!("from the preimage to the changed margin: {:.1?}", begin.elapsed());
}
