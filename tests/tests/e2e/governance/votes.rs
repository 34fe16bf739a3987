//! Referenda, from the preimage to what was announced.

use cloister_client::{
    chain::{Chain, ChainError, Included, Until},
    oracle::developer,
};
use cloister_client_core::owner::OwnerKey;
use cloister_runtime::{
    genesis_presets::ENDOWMENT, offices::Origin as Office, OriginCaller, Runtime, RuntimeCall, RuntimeEvent,
};
use codec::Encode;
use futures::future::join_all;
use pallet_cloister_timelock::{Call as Timelock, Error as NotYet, Event as Noticed};
use polkadot_sdk::{
    frame_support::traits::{schedule::DispatchTime, Bounded},
    pallet_conviction_voting::{AccountVote, Call as Voting, Conviction, Vote},
    pallet_preimage::Call as Preimage,
    pallet_referenda::{Call as Referenda, Event as Referendum, ReferendumInfo, ReferendumInfoFor, ReferendumInfoOf},
    sp_runtime::{
        traits::{BlakeTwo256, Hash},
        DispatchError,
    },
};
use std::time::{Duration, Instant};

/// How long something may take that happens by itself.
pub const PATIENCE: Duration = Duration::from_secs(120);
pub const POLL: Duration = Duration::from_millis(500);

/// Accounts of the preset that vote: together with most of all there is.
pub const VOTERS: [&str; 8] = [
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

pub async fn send(chain: &Chain, call: impl Into<RuntimeCall>, signer: &OwnerKey) -> Included {
    let sent = chain.submit(call.into(), signer, Until::InBlock).await;
    sent.expect("it is made")
}

/// Why the chain refused a call.
pub fn refusal(sent: Result<Included, ChainError>) -> DispatchError {
    match sent {
        Err(ChainError::Failed(failure)) => failure.error,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was made"),
    }
}

/// A referendum whose preimage is on the chain.
pub fn referendum(origin: OriginCaller, proposal: &RuntimeCall) -> Referenda<Runtime> {
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

/// Has a referendum on a call as an office, and waits until it is won.
pub async fn vote(chain: &Chain, office: Office, call: &RuntimeCall) {
    let alice = developer();
    let begin = Instant::now();
    let bytes = call.encode();
    send(chain, Preimage::note_preimage { bytes }, &alice).await;
    let submitted = send(chain, referendum(OriginCaller::Offices(office), call), &alice).await;
    let index = submitted.event(|event| match event {
        RuntimeEvent::Referenda(Referendum::Submitted { index, .. }) => Some(*index),
        _ => None,
    });
    let index = index.expect("it has a number");
    send(chain, Referenda::place_decision_deposit { index }, &alice).await;
    let votes = VOTERS.map(|uri| async move {
        let vote = AccountVote::Standard {
            vote: Vote {
                aye: true,
                conviction: Conviction::Locked1x,
            },
            balance: ENDOWMENT / 10 * 9,
        };
        let call = Voting::vote {
            poll_index: index,
            vote,
        };
        send(chain, call, &key(uri)).await;
    });
    join_all(votes).await;
    loop {
        let info: Option<ReferendumInfoOf<Runtime, ()>> = chain
            .storage(ReferendumInfoFor::<Runtime>::hashed_key_for(index), None)
            .await
            .expect("the state");
        match info {
            Some(ReferendumInfo::Approved(..)) => return,
            Some(ReferendumInfo::Ongoing(_)) => {}
            other => panic!("{other:?}"),
        }
        assert!(begin.elapsed() < PATIENCE, "no vote is decided");
        tokio::time::sleep(POLL).await;
    }
}

/// Enacts what was announced. Anybody may.
pub async fn enact(chain: &Chain, call: &RuntimeCall) -> Result<Included, ChainError> {
    let enact = Timelock::enact {
        call: Box::new(call.clone()),
    };
    chain.submit(enact.into(), &key("//Bob"), Until::InBlock).await
}

/// The same as soon as the chain has given the notice.
pub async fn enacted(chain: &Chain, call: &RuntimeCall) -> Included {
    let begin = Instant::now();
    let included = loop {
        match enact(chain, call).await {
            Ok(included) => break included,
            refused => assert_eq!(refusal(refused), NotYet::<Runtime>::NotAnnounced.into()),
        }
        assert!(begin.elapsed() < PATIENCE, "no notice is given");
        tokio::time::sleep(POLL).await;
    };
    let done = included.event(|event| match event {
        RuntimeEvent::Timelock(Noticed::Enacted { .. }) => Some(()),
        _ => None,
    });
    assert!(done.is_some());
    included
}
